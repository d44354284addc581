// A directory does not move into itself.
// WASI preview 1, path_rename.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  must("make", __wasi_path_create_directory(ROOT, "one"));
  // CHECK: inval
  show("into itself", __wasi_path_rename(ROOT, "one", ROOT, "one/two"));
}
