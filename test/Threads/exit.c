// proc_exit from any thread ends the process with its code, and so does the main thread's return,
// while other threads wait.
// wasi-threads, Design choice: termination.
//
// RUN: %clang-threads -O1 -DCODE=7 %s -o %t.wasm
// RUN: moat %t.wasm -o %t && mkfifo %t.fifo || true
// RUN: bash -c 'exec 3<>%t.fifo; %t <&3; echo exit $?' | FileCheck %s
// CHECK: exit 7
// RUN: %clang-threads -O1 %s -o %t.main.wasm
// RUN: moat %t.main.wasm -o %t.main
// RUN: bash -c 'exec 3<>%t.fifo; %t.main <&3; echo exit $?' | FileCheck %s --check-prefix=MAIN
// MAIN: exit 0

#include "threads.h"

static struct thread all[4];
static _Atomic int never;

static void run(struct thread *thread) {
  char buffer[1];
  struct iovec iov = {buffer, 1};
  uint32_t size;
  if (thread->number == 0)
    fd_read(0, &iov, 1, &size);
  else if (thread->number == 1)
    wait_while(&never, 0, -1);
  else if (thread->number == 2)
    for (;;)
      ;
#ifdef CODE
  else
    proc_exit(CODE);
#endif
}

void _start(void) {
  for (int i = 0; i < 4; ++i)
    start(&all[i], run, i);
#ifdef CODE
  join(&all[0]);
#endif
}
