// What interrupts a guest reaches it wherever it is: waiting in a read, in poll_oneoff, at an
// atomic; in a loop of another store that a host function called. The host's own handler of
// the signal gets what is not ours, and a call that comes later is left alone.
//
// RUN: split-file %s %t && cd %t
// RUN: moat waits.wat --emit=archive -o libwaits.a && moat inner.wat --emit=archive -o libinner.a
// RUN: %clang-host -std=gnu11 -Wall -Wextra -Werror -O1 host.c libwaits.a libinner.a \
// RUN:   %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s

// CHECK:      read: time limit exceeded
// CHECK-NEXT: poll: time limit exceeded
// CHECK-NEXT: wait: time limit exceeded
// CHECK-NEXT: quick: 7
// CHECK-NEXT: inner ended: interrupted
// CHECK-NEXT: outer ended: interrupted
// CHECK-NEXT: afterwards: 7
// CHECK-NEXT: the host's handler: 1
// CHECK-NEXT: 20 threads: 20 interrupted, 20 well

//--- waits.wat
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "host" "call" (func $call))
  (memory (export "memory") 1 1 shared)
  (func (export "read")
    (i32.store (i32.const 4) (i32.const 8))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))))
  (func (export "poll")
    (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (i64.const 100000000000))
    (drop (call $poll (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 256))))
  (func (export "wait")
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (func (export "spin") (loop $l (br $l)))
  (func (export "outer") (loop $l (call $call) (br $l)))
  (func (export "quick") (result i32) (i32.const 7)))
//--- inner.wat
(module (func (export "spin") (loop $l (br $l))))
//--- host.c
#include "inner.h"
#include "waits.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static moat_trap_info trap;
static inner *other;
static volatile int handled;

static void onUrgent(int signal) {
  (void)signal;
  ++handled;
}

static void callInner(void *context) {
  (void)context;
  moat_trap_info ended;
  if (inner_spin__try(other, &ended) == MOAT_TRAPPED && handled == 0)
    printf("inner ended: %s\n", ended.text);
}

static waits *make(moat_store *store, int in) {
  moat_wasi_options options = MOAT_WASI_DEFAULTS;
  options.version = "preview1";
  options.stdin_fd = in;
  moat_error error;
  moat_wasi *wasi = moat_create_wasi(store, &options, &error);
  waits__imports imports = {.host__call = callInner};
  if (wasi)
    imports.others = moat_wasi_imports(wasi, &imports.other_count);
  waits *made = wasi ? waits__create(store, &imports, &error) : NULL;
  if (!made || !moat_wasi_initialize(wasi, waits__instance(made), &error))
    puts(error.text);
  return made;
}

static void *interruptLater(void *store) {
  usleep(30000);
  moat_interrupt(store);
  return NULL;
}

static void *runAndInterrupt(void *result) {
  moat_store *store = moat_create_store(NULL);
  waits *mine = make(store, 0);
  moat_trap_info ended;
  uint32_t seven = 0;
  pthread_t thread;
  pthread_create(&thread, NULL, interruptLater, store);
  waits_spin__try(mine, &ended);
  pthread_join(thread, NULL);
  int wasInterrupted = ended.kind == MOAT_TRAP_Interrupted;
  waits_quick__try(mine, &seven, &ended);
  *(int *)result = wasInterrupted + 2 * (seven == 7);
  moat_destroy_store(store);
  return NULL;
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  signal(SIGURG, onUrgent);
  int ends[2];
  if (pipe(ends))
    return 1;
  moat_store_options limits = {.call_time_ns = 50000000};
  moat_store *store = moat_create_store(&limits);
  waits *guest = make(store, ends[0]);
  waits_read__try(guest, &trap);
  printf("read: %s\n", trap.text);
  waits_poll__try(guest, &trap);
  printf("poll: %s\n", trap.text);
  waits_wait__try(guest, &trap);
  printf("wait: %s\n", trap.text);
  uint32_t seven;
  waits_quick__try(guest, &seven, &trap);
  printf("quick: %u\n", seven);
  moat_destroy_store(store);

  moat_store *inside = moat_create_store(NULL);
  moat_error error;
  other = inner__create(inside, NULL, &error);
  store = moat_create_store(NULL);
  guest = make(store, ends[0]);
  pthread_t thread;
  pthread_create(&thread, NULL, interruptLater, store);
  waits_outer__try(guest, &trap);
  pthread_join(thread, NULL);
  printf("outer ended: %s\n", trap.text);
  waits_quick__try(guest, &seven, &trap);
  printf("afterwards: %u\n", seven);
  raise(SIGURG);
  printf("the host's handler: %d\n", handled);
  moat_destroy_store(store);
  moat_destroy_store(inside);

  enum { count = 20 };
  pthread_t threads[count];
  int results[count], interrupted = 0, well = 0;
  for (int i = 0; i < count; ++i)
    pthread_create(&threads[i], NULL, runAndInterrupt, &results[i]);
  for (int i = 0; i < count; ++i) {
    pthread_join(threads[i], NULL);
    interrupted += results[i] & 1;
    well += results[i] >> 1;
  }
  printf("%d threads: %d interrupted, %d well\n", count, interrupted, well);
  return 0;
}
