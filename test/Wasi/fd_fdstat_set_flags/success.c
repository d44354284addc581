// Flags are replaced, all of them.
// WASI preview 1, fd_fdstat_set_flags.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_fdstat_t stat;
  // CHECK: success
  show("append and sync", __wasi_fd_fdstat_set_flags(
                              fd, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC));
  must("get", __wasi_fd_fdstat_get(fd, &stat));
  // CHECK-NEXT: 17
  printf("%d\n", stat.fs_flags);
  must("none", __wasi_fd_fdstat_set_flags(fd, 0));
  must("get", __wasi_fd_fdstat_get(fd, &stat));
  // CHECK-NEXT: 0
  printf("%d\n", stat.fs_flags);
}
