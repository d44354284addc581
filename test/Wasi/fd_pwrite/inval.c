// An offset past what a file can have.
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
  // CHECK: inval
  show("2^63", __wasi_fd_pwrite(fd, &iovec, 1, 1ull << 63, &size));
}
