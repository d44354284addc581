// A thread that waits for input keeps its file open, and nothing else waits for it: others poll, sleep,
// and close the very descriptor; its number is free at once, and what was written to it before is
// still read.
//
// RUN: %clang-threads -O1 %s -o %t.wasm
// RUN: moat %t.wasm -o %t
// RUN: bash -c '(sleep 1; echo hello) | %t' | FileCheck %s
// CHECK: closed: 0
// CHECK-NEXT: again: 8
// CHECK-NEXT: slept: 0
// CHECK-NEXT: read: hello

#include "threads.h"

WASI(poll_oneoff)(const void *in, void *out, int count, uint32_t *events);

static struct thread reader;

static void run(struct thread *thread) {
  char buffer[100] = {0};
  struct iovec iov = {buffer, sizeof buffer - 1};
  uint32_t size;
  fd_read(0, &iov, 1, &size);
  print("read: ");
  print(buffer);
}

void _start(void) {
  struct {
    uint64_t userdata;
    uint64_t type;
    uint64_t id, timeout, precision, flags;
  } sleep = {0, 0, 1, 100000000, 0, 0};
  char event[32];
  uint32_t count;
  start(&reader, run, 0);
  poll_oneoff(&sleep, event, 1, &count); // now it reads
  print_number("closed", fd_close(0));
  print_number("again", fd_close(0));
  print_number("slept", poll_oneoff(&sleep, event, 1, &count));
  join(&reader);
}
