// Deep recursion on the guest's own stack, and its end: the C stack of a wasm program lies in
// linear memory, the call stack on the guest's stack. Running out of it is a trap with exit
// code 134, whatever the host's limit is.
//
// RUN: %clang-wasi -O1 -fno-optimize-sibling-calls -Wl,-z,stack-size=1048576 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 20000 | FileCheck %s
// RUN: moat %t.wasm -o %t.2 && %t.2 20000 | FileCheck %s
// CHECK: sum 200010000
// CHECK: hanoi 65535
// RUN: not %t.0 100000000 2>&1 | FileCheck %s --check-prefix=DEEP
// RUN: not %t.2 100000000 2>&1 | FileCheck %s --check-prefix=DEEP
// DEEP: call stack exhausted

#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static long sumTo(long n, volatile long *seen) {
  *seen = n;
  if (n == 0)
    return 0;
  long rest = sumTo(n - 1, seen);
  return rest + *seen * 0 + n;
}

static int moves;
static void hanoi(int n, int from, int to, int other) {
  if (n == 0)
    return;
  hanoi(n - 1, from, other, to);
  ++moves;
  hanoi(n - 1, other, to, from);
}

int main(int argc, char **argv) {
  volatile long seen;
  printf("sum %ld\n", sumTo(argc > 1 ? atol(argv[1]) : 10, &seen));
  hanoi(16, 0, 1, 2);
  printf("hanoi %d\n", moves);
}
