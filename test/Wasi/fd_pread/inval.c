// An offset past what a file can have.
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
  // CHECK: inval
  show("2^63", __wasi_fd_pread(fd, &iovec, 1, 1ull << 63, &size));
}
