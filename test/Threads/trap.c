// A trap in one thread ends the process with its message, the thread's frames and exit code 134,
// while others wait for a notification, for input, sleep, or run on.
// wasi-threads, Design choice: termination.
//
// RUN: %clang-threads -O1 %s -o %t.wasm
// RUN: moat %t.wasm -o %t && mkfifo %t.fifo || true
// RUN: bash -c 'exec 3<>%t.fifo; %t <&3; echo exit $?' 2>&1 | FileCheck %s
// CHECK: started
// CHECK-NEXT: moat: trap: integer divide by zero
// CHECK: at run (function
// CHECK: at wasi_thread_start (function
// CHECK-NEXT: exit 134
//
// Of many threads that trap at the same time one is told of.
// RUN: %clang-threads -O1 -DALL %s -o %t.all.wasm
// RUN: moat %t.all.wasm -o %t.all
// RUN: bash -c '%t.all </dev/null; echo exit $?' 2>&1 | FileCheck %s --check-prefix=ALL
// ALL: started
// ALL-NEXT: moat: trap: integer divide by zero
// ALL-NOT: trap
// ALL: exit 134

#include "threads.h"

static struct thread all[16];
static _Atomic int never, begin;
static volatile int zero;

__attribute__((noinline)) static int divide(int a, int b) { return a / b; }

static void run(struct thread *thread) {
  switch (thread->number) {
#ifndef ALL
  case 0:
    wait_while(&never, 0, -1);
    return;
  case 1: {
    char buffer[1];
    struct iovec iov = {buffer, 1};
    uint32_t size;
    fd_read(0, &iov, 1, &size);
    return;
  }
  case 2:
    for (;;)
      sched_yield();
  case 3:
    wait_while(&never, 0, 3600000000000);
    return;
#endif
  default:
    while (!begin)
      wait_while(&begin, 0, -1);
    zero = divide(thread->number, zero);
  }
}

void _start(void) {
#ifdef ALL
  enum { count = 16 };
#else
  enum { count = 5 };
#endif
  for (int i = 0; i < count; ++i)
    start(&all[i], run, i);
  wait_while(&never, 0, 100000000);
  print("started\n");
  begin = 1;
  notify(&begin, -1);
  join(&all[0]);
}
