// The number of variables, and their bytes with a NUL each.
// WASI preview 1, environ_sizes_get.
//
// RUN: %build-guest
// RUN: %t --wasi-env=A=1 --wasi-env=BC=23 | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_size_t count, bytes;
  must("sizes", __wasi_environ_sizes_get(&count, &bytes));
  // CHECK: 2 10
  printf("%d %d\n", (int)count, (int)bytes);
}
