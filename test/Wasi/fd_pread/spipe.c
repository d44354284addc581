// A stream has no offsets.
// WASI preview 1, fd_pread.
//
// RUN: %build-guest
// RUN: echo | %t | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t bytes[4] = {1, 2, 3, 4};
  __wasi_size_t size;
  __wasi_iovec_t iovec = {bytes, sizeof(bytes)};
  // CHECK: {{spipe|notcapable}}
  show("stream", __wasi_fd_pread(0, &iovec, 1, 0, &size));
}
