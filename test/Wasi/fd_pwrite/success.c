// Writes at an offset; the position stays; a gap is zeros.
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
  __wasi_filesize_t at;
  uint8_t bytes[16];
  __wasi_iovec_t all = {bytes, sizeof(bytes)};
  // CHECK: write: success
  show("write", __wasi_fd_pwrite(fd, &iovec, 1, 12, &size));
  must("tell", __wasi_fd_tell(fd, &at));
  // CHECK-NEXT: 4 bytes, at 0
  printf("%d bytes, at %d\n", (int)size, (int)at);
  must("read", __wasi_fd_read(fd, &all, 1, &size));
  // CHECK-NEXT: 16 bytes: 9 0 0 abcd
  printf("%d bytes: %c %d %d %.4s\n", (int)size, bytes[9], bytes[10], bytes[11],
         bytes + 12);
}
