// Reads from the position on into every buffer in turn; 0 bytes at the end.
// WASI preview 1, fd_read.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  uint8_t first[4], second[20];
  __wasi_iovec_t iovecs[3] = {{first, 4}, {first, 0}, {second, 20}};
  __wasi_size_t size;
  // CHECK: read: success
  show("read", __wasi_fd_read(fd, iovecs, 3, &size));
  // CHECK-NEXT: 10 bytes: 0123 456789
  printf("%d bytes: %.4s %.6s\n", (int)size, first, second);
  must("end", __wasi_fd_read(fd, iovecs, 3, &size));
  // CHECK-NEXT: 0 bytes
  printf("%d bytes\n", (int)size);
  // CHECK-NEXT: no buffers: success
  show("no buffers", __wasi_fd_read(fd, iovecs, 0, &size));
}
