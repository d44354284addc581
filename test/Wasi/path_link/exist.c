// The new name is taken, also by a link that leads nowhere.
// WASI preview 1, path_link.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  writeFile("other", "");
  // CHECK: file: exist
  show("file", __wasi_path_link(ROOT, 0, "file", ROOT, "other"));
  must("symlink", __wasi_path_symlink("nowhere", ROOT, "link"));
  // CHECK-NEXT: link: exist
  show("link", __wasi_path_link(ROOT, 0, "file", ROOT, "link"));
  // CHECK-NEXT: itself: exist
  show("itself", __wasi_path_link(ROOT, 0, "file", ROOT, "file"));
}
