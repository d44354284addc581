// The position, which reading moves.
// WASI preview 1, fd_tell.
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
  __wasi_filesize_t at = 99;
  must("read", __wasi_fd_read(fd, &iovec, 1, &size));
  // CHECK: success
  show("tell", __wasi_fd_tell(fd, &at));
  // CHECK-NEXT: 4
  printf("%d\n", (int)at);
}
