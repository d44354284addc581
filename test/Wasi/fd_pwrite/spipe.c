// A stream has no offsets.
// WASI preview 1, fd_pwrite.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_size_t size;
  __wasi_ciovec_t iovec = {(const uint8_t *)"abcd", 4};
  // CHECK: {{spipe|notcapable}}
  show("stream", __wasi_fd_pwrite(1, &iovec, 1, 0, &size));
}
