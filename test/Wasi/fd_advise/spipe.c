// A stream has no ranges.
// WASI preview 1, fd_advise.
//
// RUN: %build-guest
// RUN: echo | %t | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: {{spipe|notcapable}}
  show("stream", __wasi_fd_advise(0, 0, 1, 0));
}
