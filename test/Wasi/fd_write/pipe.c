// Nobody reads any more: an errno, not a signal.
// WASI preview 1, fd_write.
//
// RUN: %build-guest
// RUN: sh -c "(%t | true) 2>&1" | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_size_t size;
  __wasi_ciovec_t iovec = {(const uint8_t *)"abcd", 4};
  __wasi_errno_t error;
  do
    error = __wasi_fd_write(1, &iovec, 1, &size);
  while (!error);
  // CHECK: pipe
  fprintf(stderr, "%s\n", nameOf(error));
}
