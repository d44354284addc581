// A file is no socket.
// WASI preview 1, sock_recv.
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
  __wasi_roflags_t flags;
  // CHECK: {{notsock|notcapable}}
  show("file", __wasi_sock_recv(fd, &iovec, 1, 0, &size, &flags));
}
