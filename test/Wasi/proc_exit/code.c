// The guest's exit code, of which the host keeps 8 bits; output that was
// buffered is not lost in the runtime.
// WASI preview 1, proc_exit.
//
// RUN: %build-guest
// RUN: sh -c "%t; echo code $?" | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: before
  show("before", __wasi_fd_sync(1) * 0);
  fflush(stdout);
  __wasi_proc_exit(200);
  printf("after\n");
  // CHECK-NEXT: code 200
  // CHECK-NOT: after
}
