// Needs the right fd_seek.
// WASI preview 1, fd_seek.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_filesize_t at = 99;
  must("rights",
       __wasi_fd_fdstat_set_rights(fd, without(fd, __WASI_RIGHTS_FD_SEEK), 0));
  // CHECK: notcapable
  show("without fd_seek", __wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at));
}
