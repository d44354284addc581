// Nothing is there, and the descriptor does not wait.
// WASI preview 1, fd_read.
//
// RUN: %build-guest
// RUN: mkfifo %t.dir/fifo
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t bytes[4] = {1, 2, 3, 4};
  __wasi_size_t size;
  __wasi_iovec_t iovec = {bytes, sizeof(bytes)};
  int fd = openAt(ROOT, "fifo", 0, ALL_RIGHTS);
  // CHECK: again
  show("empty", __wasi_fd_read(fd, &iovec, 1, &size));
}
