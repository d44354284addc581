// The arguments, argv[0] as it was typed first.
// WASI preview 1, args_get.
//
// RUN: %build-guest
// RUN: %t one "two words" | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_size_t count, bytes;
  must("sizes", __wasi_args_sizes_get(&count, &bytes));
  uint8_t *argv[8], buffer[4096];
  must("get", __wasi_args_get(argv, buffer));
  // CHECK: 3 arguments
  printf("%d arguments\n", (int)count);
  // CHECK-NEXT: one
  // CHECK-NEXT: <two words>
  printf("%s\n<%s>\n", argv[1], argv[2]);
  // CHECK-NEXT: bytes told and used: 1
  printf("bytes told and used: %d\n",
         argv[2] + strlen("two words") + 1 == buffer + bytes);
}
