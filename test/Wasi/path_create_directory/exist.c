// The name is taken: by a directory, a file, or a link that leads nowhere.
// WASI preview 1, path_create_directory.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK: folder: exist
  show("folder", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK-NEXT: file: exist
  show("file", __wasi_path_create_directory(ROOT, "file"));
  must("symlink", __wasi_path_symlink("nowhere", ROOT, "link"));
  // CHECK-NEXT: link: exist
  show("link", __wasi_path_create_directory(ROOT, "link"));
  // CHECK-NEXT: the folder itself: exist
  show("the folder itself", __wasi_path_create_directory(ROOT, "."));
}
