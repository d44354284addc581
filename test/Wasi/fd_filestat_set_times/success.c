// Each time is set, is made now, or stays.
// WASI preview 1, fd_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_filestat_t stat;
  // CHECK: both: success
  show("both", __wasi_fd_filestat_set_times(fd, 1000000007, 2000000009,
                                            __WASI_FSTFLAGS_ATIM |
                                                __WASI_FSTFLAGS_MTIM));
  // CHECK-NEXT: one: success
  show("one",
       __wasi_fd_filestat_set_times(fd, 3000000011, 5, __WASI_FSTFLAGS_ATIM));
  must("stat", __wasi_fd_filestat_get(fd, &stat));
  // CHECK-NEXT: 3000000011 2000000009
  printf("%llu %llu\n", stat.atim, stat.mtim);
  // CHECK-NEXT: now: success
  show("now", __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_MTIM_NOW));
  must("stat", __wasi_fd_filestat_get(fd, &stat));
  // CHECK-NEXT: 3000000011 1
  printf("%llu %d\n", stat.atim, stat.mtim > 1700000000000000000);
}
