// Directories have one name.
// WASI preview 1, path_link.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK: perm
  show("folder", __wasi_path_link(ROOT, 0, "folder", ROOT, "new"));
}
