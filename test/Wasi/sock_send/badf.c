// No such descriptor: one that was never open, one that was closed, and the
// largest number.
// WASI preview 1, sock_send.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_size_t size;
  __wasi_ciovec_t iovec = {(const uint8_t *)"abcd", 4};
  must("close", __wasi_fd_close(fd));
  // CHECK: closed: badf
  show("closed", __wasi_sock_send(fd, &iovec, 1, 0, &size));
  // CHECK-NEXT: never open: badf
  show("never open", __wasi_sock_send(12345, &iovec, 1, 0, &size));
  // CHECK-NEXT: largest: badf
  show("largest", __wasi_sock_send(-1, &iovec, 1, 0, &size));
}
