// A directory is not read as a file.
// WASI preview 1, fd_read.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t bytes[4] = {1, 2, 3, 4};
  __wasi_size_t size;
  __wasi_iovec_t iovec = {bytes, sizeof(bytes)};
  // CHECK: {{isdir|badf|notcapable}}
  show("directory", __wasi_fd_read(ROOT, &iovec, 1, &size));
}
