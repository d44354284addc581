// There is something in it.
// WASI preview 1, path_remove_directory.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  must("make", __wasi_path_create_directory(ROOT, "one"));
  must("make", __wasi_path_create_directory(ROOT, "one/two"));
  // CHECK: notempty
  show("full", __wasi_path_remove_directory(ROOT, "one"));
}
