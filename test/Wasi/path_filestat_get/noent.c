// A part of the path is not there.
// WASI preview 1, path_filestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_filestat_t stat;
  // CHECK: missing folder: noent
  show("missing folder",
       __wasi_path_filestat_get(ROOT, FOLLOW, "missing/name", &stat));
  // CHECK-NEXT: empty: noent
  show("empty", __wasi_path_filestat_get(ROOT, FOLLOW, "", &stat));
}
