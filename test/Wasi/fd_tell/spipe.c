// A stream has no position.
// WASI preview 1, fd_tell.
//
// RUN: %build-guest
// RUN: echo | %t | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_filesize_t at = 99;
  // CHECK: {{spipe|notcapable}}
  show("stream", __wasi_fd_tell(0, &at));
}
