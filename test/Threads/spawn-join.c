// 64 threads are spawned and joined, many times over: numbers are positive and never the same
// again, and neither stacks nor anything else is left behind. A mutex keeps a counter right; a
// condition lets all begin at once.
// wasi-threads.
//
// RUN: %clang-threads -O2 %s -o %t.wasm
// RUN: moat %t.wasm -o %t && %t | FileCheck %s
// RUN: moat %t.wasm -O0 -o %t.0 && %t.0 | FileCheck %s
// RUN: moat %t.wasm --strict-traps -o %t.strict && %t.strict | FileCheck %s
// RUN: moat %t.wasm --bounds=checked -o %t.checked && %t.checked | FileCheck %s
// CHECK: numbers that rise: 1280
// CHECK-NEXT: counted: 128000
// CHECK-NEXT: most at once: 64
//
// Were the stacks of 1,280 threads still there, they would not fit.
// RUN: bash -c 'ulimit -v 10000000; exec %t' | FileCheck %s

#include "threads.h"

enum { threads = 64, rounds = 20, steps = 100 };
static struct thread all[threads];
static mutex guard;
static condition begin;
static int has_begun, ready, counter, most;

static void run(struct thread *thread) {
  lock(&guard);
  ++ready;
  signal_all(&begin);
  while (!has_begun)
    await(&begin, &guard);
  unlock(&guard);
  for (int i = 0; i < steps; ++i) {
    lock(&guard);
    ++counter;
    unlock(&guard);
  }
}

void _start(void) {
  int rising = 0, last = 0;
  for (int round = 0; round < rounds; ++round) {
    has_begun = ready = 0;
    for (int i = 0; i < threads; ++i) {
      int tid;
      // The one before may not quite be gone.
      while ((tid = start(&all[i], run, i)) < 0)
        sched_yield();
      rising += tid > last;
      last = tid;
    }
    lock(&guard);
    while (ready < threads)
      await(&begin, &guard);
    most = ready;
    has_begun = 1;
    signal_all(&begin);
    unlock(&guard);
    for (int i = 0; i < threads; ++i)
      join(&all[i]);
  }
  print_number("numbers that rise", rising);
  print_number("counted", counter);
  print_number("most at once", most);
}
