// Needs the right fd_fdstat_set_flags.
// WASI preview 1, fd_fdstat_set_flags.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  must("rights", __wasi_fd_fdstat_set_rights(
                     fd, without(fd, __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS), 0));
  // CHECK: notcapable
  show("without fd_fdstat_set_flags",
       __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND));
}
