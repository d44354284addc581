// The directory is no descriptor, or a closed one.
// WASI preview 1, path_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: never open: badf
  show("never open", __wasi_path_filestat_set_times(12345, FOLLOW, "name", 0, 0,
                                                    __WASI_FSTFLAGS_ATIM_NOW));
  must("close", __wasi_fd_close(ROOT));
  // CHECK-NEXT: closed: badf
  show("closed", __wasi_path_filestat_set_times(ROOT, FOLLOW, "name", 0, 0,
                                                __WASI_FSTFLAGS_ATIM_NOW));
}
