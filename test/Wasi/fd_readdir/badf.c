// No such descriptor: one that was never open, one that was closed, and the
// largest number.
// WASI preview 1, fd_readdir.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  uint8_t buffer[256];
  __wasi_size_t size;
  must("close", __wasi_fd_close(fd));
  // CHECK: closed: badf
  show("closed", __wasi_fd_readdir(fd, buffer, sizeof(buffer), 0, &size));
  // CHECK-NEXT: never open: badf
  show("never open",
       __wasi_fd_readdir(12345, buffer, sizeof(buffer), 0, &size));
  // CHECK-NEXT: largest: badf
  show("largest", __wasi_fd_readdir(-1, buffer, sizeof(buffer), 0, &size));
}
