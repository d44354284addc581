// The number of arguments, and their bytes with a NUL each.
// WASI preview 1, args_sizes_get.
//
// RUN: %build-guest
// RUN: cp %t %t.dir/p && cd %t.dir && sh -c "exec ./p ab def" | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_size_t count, bytes;
  must("sizes", __wasi_args_sizes_get(&count, &bytes));
  // CHECK: 3 11
  printf("%d %d\n", (int)count, (int)bytes);
}
