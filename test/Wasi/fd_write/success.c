// Writes every buffer in turn at the position.
// WASI preview 1, fd_write.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_ciovec_t iovecs[3] = {
      {(const uint8_t *)"ab", 2}, {0, 0}, {(const uint8_t *)"c", 1}};
  __wasi_size_t size;
  // CHECK: write: success
  show("write", __wasi_fd_write(fd, iovecs, 3, &size));
  uint8_t bytes[4] = {1, 2, 3, 4};
  __wasi_iovec_t buffer = {bytes, sizeof(bytes)};
  must("read", __wasi_fd_pread(fd, &buffer, 1, 0, &size));
  // CHECK-NEXT: abc3
  printf("%.4s\n", bytes);
  // CHECK-NEXT: no buffers: success
  show("no buffers", __wasi_fd_write(fd, iovecs, 0, &size));
}
