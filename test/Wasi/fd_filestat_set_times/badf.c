// No such descriptor: one that was never open, one that was closed, and the
// largest number.
// WASI preview 1, fd_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  must("close", __wasi_fd_close(fd));
  // CHECK: closed: badf
  show("closed",
       __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM_NOW));
  // CHECK-NEXT: never open: badf
  show("never open",
       __wasi_fd_filestat_set_times(12345, 0, 0, __WASI_FSTFLAGS_ATIM_NOW));
  // CHECK-NEXT: largest: badf
  show("largest",
       __wasi_fd_filestat_set_times(-1, 0, 0, __WASI_FSTFLAGS_ATIM_NOW));
}
