// A time cannot be both given and now; unknown flags.
// WASI preview 1, path_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  // CHECK: both: inval
  show("both", __wasi_path_filestat_set_times(ROOT, 0, "file", 0, 0,
                                              __WASI_FSTFLAGS_ATIM |
                                                  __WASI_FSTFLAGS_ATIM_NOW));
  // CHECK-NEXT: unknown: inval
  show("unknown", __wasi_path_filestat_set_times(ROOT, 0, "file", 0, 0, 16));
  // CHECK-NEXT: lookup flags: inval
  show("lookup flags",
       __wasi_path_filestat_set_times(ROOT, 2, "file", 0, 0, 1));
}
