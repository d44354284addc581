// Threads grow the memory at the same time: each gets pages of its own, which nobody else has and
// which are zero; what one has grown another may use as soon as it knows of it.
// threads.md, Resizing.
//
// RUN: %clang-threads -O2 %s -o %t.wasm
// RUN: moat %t.wasm -o %t && %t | FileCheck %s
// RUN: moat %t.wasm --bounds=checked -o %t.checked && %t.checked | FileCheck %s
// CHECK: grown: 512
// CHECK-NEXT: pages of others: 0
// CHECK-NEXT: not zero: 0
// CHECK-NEXT: past the maximum: -1

#include "threads.h"

enum { threads = 16, steps = 32 };
static struct thread all[threads];
static _Atomic int taken[1024], twice, not_zero, grown, newest;

static void run(struct thread *thread) {
  for (int i = 0; i < steps; ++i) {
    int page = __builtin_wasm_memory_grow(0, 1);
    if (page < 0)
      continue;
    ++grown;
    twice += taken[page]++;
    int *first = (int *)(page << 16);
    not_zero += first[0] != 0 || first[16383] != 0;
    first[0] = first[16383] = thread->number + 1;
    newest = page;
    // Another thread's, perhaps.
    int other = newest;
    not_zero += *(int *)(other << 16) == 0;
  }
}

void _start(void) {
  for (int i = 0; i < threads; ++i)
    start(&all[i], run, i);
  for (int i = 0; i < threads; ++i)
    join(&all[i]);
  print_number("grown", grown);
  print_number("pages of others", twice);
  print_number("not zero", not_zero);
  print_number("past the maximum", (int)__builtin_wasm_memory_grow(0, 1024));
}
