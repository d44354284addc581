// A part of the path is not there.
// WASI preview 1, path_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: missing folder: noent
  show("missing folder",
       __wasi_path_filestat_set_times(ROOT, FOLLOW, "missing/name", 0, 0,
                                      __WASI_FSTFLAGS_ATIM_NOW));
  // CHECK-NEXT: empty: noent
  show("empty", __wasi_path_filestat_set_times(ROOT, FOLLOW, "", 0, 0,
                                               __WASI_FSTFLAGS_ATIM_NOW));
}
