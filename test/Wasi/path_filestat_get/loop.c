// Links that lead to each other.
// WASI preview 1, path_filestat_get.
//
// RUN: %build-guest
// RUN: ln -s b %t.dir/a && ln -s a %t.dir/b
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_filestat_t stat;
  // CHECK: loop
  show("links", __wasi_path_filestat_get(ROOT, FOLLOW, "a/name", &stat));
}
