// A link that leads out, or is absolute, is not made.
// WASI preview 1, path_symlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK: absolute: perm
  show("absolute", __wasi_path_symlink("/etc/passwd", ROOT, "one"));
  // CHECK-NEXT: upwards: perm
  show("upwards", __wasi_path_symlink("../name", ROOT, "two"));
  // CHECK-NEXT: down and up: perm
  show("down and up", __wasi_path_symlink("folder/../../name", ROOT, "three"));
}
