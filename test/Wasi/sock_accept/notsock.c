// A file is no socket.
// WASI preview 1, sock_accept.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_fd_t connection;
  // CHECK: {{notsock|notcapable}}
  show("file", __wasi_sock_accept(fd, 0, &connection));
}
