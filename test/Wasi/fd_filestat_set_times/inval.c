// A time cannot be both given and now; unknown flags.
// WASI preview 1, fd_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  // CHECK: access: inval
  show("access",
       __wasi_fd_filestat_set_times(
           fd, 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW));
  // CHECK-NEXT: modification: inval
  show("modification",
       __wasi_fd_filestat_set_times(
           fd, 0, 0, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW));
  // CHECK-NEXT: unknown: inval
  show("unknown", __wasi_fd_filestat_set_times(fd, 0, 0, 16));
}
