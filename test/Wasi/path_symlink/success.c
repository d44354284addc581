// A link may lead to what is not there, and up as long as it stays inside.
// WASI preview 1, path_symlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK: nowhere: success
  show("nowhere", __wasi_path_symlink("nowhere", ROOT, "one"));
  // CHECK-NEXT: folder: success
  show("folder", __wasi_path_symlink("folder/file", ROOT, "two"));
}
