// Only directories have entries.
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
  // CHECK: {{notdir|notcapable}}
  show("file", __wasi_fd_readdir(fd, buffer, sizeof(buffer), 0, &size));
}
