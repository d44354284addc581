// Reads at an offset; the position stays; past the end there is nothing.
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
  __wasi_filesize_t at;
  // CHECK: read: success
  show("read", __wasi_fd_pread(fd, &iovec, 1, 7, &size));
  // CHECK-NEXT: 3 bytes from 7
  printf("%d bytes from %c\n", (int)size, bytes[0]);
  must("past the end", __wasi_fd_pread(fd, &iovec, 1, 1000, &size));
  must("tell", __wasi_fd_tell(fd, &at));
  // CHECK-NEXT: 0 bytes, at 0
  printf("%d bytes, at %d\n", (int)size, (int)at);
}
