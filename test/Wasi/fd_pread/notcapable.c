// Needs the right fd_read.
// WASI preview 1, fd_pread.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  uint8_t bytes[4] = {1, 2, 3, 4};
  __wasi_size_t size;
  __wasi_iovec_t iovec = {bytes, sizeof(bytes)};
  must("rights",
       __wasi_fd_fdstat_set_rights(fd, without(fd, __WASI_RIGHTS_FD_READ), 0));
  // CHECK: notcapable
  show("without fd_read", __wasi_fd_pread(fd, &iovec, 1, 0, &size));
}
