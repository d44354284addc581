// A file is no socket.
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
  // CHECK: {{notsock|notcapable}}
  show("file", __wasi_sock_send(fd, &iovec, 1, 0, &size));
}
