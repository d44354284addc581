// Needs the right fd_filestat_set_times.
// WASI preview 1, fd_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  must("rights", __wasi_fd_fdstat_set_rights(
                     fd, without(fd, __WASI_RIGHTS_FD_FILESTAT_SET_TIMES), 0));
  // CHECK: notcapable
  show("without fd_filestat_set_times",
       __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM_NOW));
}
