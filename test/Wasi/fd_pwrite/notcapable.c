// Needs the right fd_write.
// WASI preview 1, fd_pwrite.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_size_t size;
  __wasi_ciovec_t iovec = {(const uint8_t *)"abcd", 4};
  must("rights",
       __wasi_fd_fdstat_set_rights(fd, without(fd, __WASI_RIGHTS_FD_WRITE), 0));
  // CHECK: notcapable
  show("without fd_write", __wasi_fd_pwrite(fd, &iovec, 1, 0, &size));
}
