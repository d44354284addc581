// A file, and a link to a directory, are removed otherwise.
// WASI preview 1, path_remove_directory.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  must("symlink", __wasi_path_symlink("folder", ROOT, "link"));
  // CHECK: file: notdir
  show("file", __wasi_path_remove_directory(ROOT, "file"));
  // CHECK-NEXT: link: notdir
  show("link", __wasi_path_remove_directory(ROOT, "link"));
}
