// Needs the right fd_readdir.
// WASI preview 1, fd_readdir.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t buffer[256];
  __wasi_size_t size;
  int fd = openAt(ROOT, ".", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_PATH_OPEN);
  // CHECK: notcapable
  show("without fd_readdir",
       __wasi_fd_readdir(fd, buffer, sizeof(buffer), 0, &size));
}
