// Cuts a file off, or extends it by zeros; the position stays.
// WASI preview 1, fd_filestat_set_size.
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
  must("seek", __wasi_fd_seek(fd, 4, __WASI_WHENCE_SET, &at));
  // CHECK: cut: success
  show("cut", __wasi_fd_filestat_set_size(fd, 5));
  // CHECK-NEXT: extend: success
  show("extend", __wasi_fd_filestat_set_size(fd, 8));
  must("read", __wasi_fd_read(fd, &iovec, 1, &size));
  // CHECK-NEXT: 4 bytes: 52 0 0 0
  printf("%d bytes: %d %d %d %d\n", (int)size, bytes[0], bytes[1], bytes[2],
         bytes[3]);
}
