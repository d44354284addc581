// Calls of exports outside of moat_protect: nested in calls of another store and of their own, in
// both directions; of a new thread; with arguments of all kinds, in registers and on the stack, with
// what the host keeps in registers; and how each ends that does not return. An interruption that
// comes anywhere in such a call is one, or comes too late, whether the function is on the guest's stack
// or, being small, on the host's.
//
// RUN: split-file %s %t && cd %t
// RUN: moat guest.wat --emit=archive -o libguest.a
// RUN: %clang-host -std=gnu11 -Wall -Wextra -Werror -O2 host.c libguest.a \
// RUN:   %build/lib/libmoat.a -pthread -o host
// RUN: ./host | FileCheck %s
// RUN: not ./host trap 2>&1 | FileCheck %s --check-prefix=TRAP
// RUN: not ./host bounds 2>&1 | FileCheck %s --check-prefix=BOUNDS
// RUN: not ./host divide 2>&1 | FileCheck %s --check-prefix=DIVIDE
// RUN: not ./host loop 2>&1 | FileCheck %s --check-prefix=INTERRUPTED
// RUN: not ./host exhaust 2>&1 | FileCheck %s --check-prefix=EXHAUST
// RUN: not ./host throw 2>&1 | FileCheck %s --check-prefix=THROW
// RUN: not ./host fail 2>&1 | FileCheck %s --check-prefix=FAILED
// RUN: not ./host limit 2>&1 | FileCheck %s --check-prefix=LIMIT
// RUN: not ./host interrupt 2>&1 | FileCheck %s --check-prefix=INTERRUPTED
//
// The same of a shared library, whose symbols are bound late, in C++.
// RUN: moat guest.wat --emit=shared -o guest.so --name=guest --header=guest.h
// RUN: %clang-host -x c++ -std=c++17 -Wall -Wextra -Werror -O2 host.c -x none ./guest.so \
// RUN:   -Wl,--export-dynamic -Wl,-z,lazy %build/lib/libmoat.a -pthread -o host++
// RUN: ./host++ | FileCheck %s
// RUN: not ./host++ trap 2>&1 | FileCheck %s --check-prefix=TRAP

// CHECK:      sums: 10 21 3.5 6.25
// CHECK-NEXT: kept: 499999500000 1.0 2.0 3.0
// CHECK-NEXT: another store: 50
// CHECK-NEXT: another store, tried: 50
// CHECK-NEXT: itself, tried: 50
// CHECK-NEXT: itself: 50
// CHECK-NEXT: from the host's stack: 50
// CHECK-NEXT: trap in another store ends the caller: unreachable, fall
// CHECK-NEXT: afterwards: 10
// CHECK-NEXT: 8 threads: 8
// CHECK-NEXT: interrupted anywhere: 0 other endings, in place: 0
// CHECK-NEXT: interrupted again and again: 0 other endings
// CHECK-NEXT: interrupted in a call of another store: 0 other endings, in place: 0

// TRAP: moat: an export was called outside of moat_protect, and ended: unreachable
// BOUNDS: moat: an export was called outside of moat_protect, and ended: out of bounds memory access
// DIVIDE: moat: an export was called outside of moat_protect, and ended: integer divide by zero
// EXHAUST: moat: an export was called outside of moat_protect, and ended: call stack exhausted
// THROW: moat: an export was called outside of moat_protect, and ended: uncaught exception
// FAILED: moat: an export was called outside of moat_protect, and ended: mine
// LIMIT: moat: an export was called outside of moat_protect, and ended: time limit exceeded
// INTERRUPTED: moat: an export was called outside of moat_protect, and ended: interrupted

//--- guest.wat
(module
  (import "host" "call" (func $call (param i32) (result i32)))
  (memory (export "memory") 1)
  (tag $tag)
  (func (export "five") (param i32 i32 i32 i32 i32) (result i32)
    (i32.add (i32.add (local.get 0) (local.get 1))
      (i32.add (local.get 2) (i32.add (local.get 3) (local.get 4)))))
  (func (export "six") (param i64 i64 i64 i64 i64 i64) (result i64)
    (i64.add (i64.add (local.get 0) (i64.add (local.get 5) (local.get 1)))
      (i64.add (local.get 2) (i64.add (local.get 3) (local.get 4)))))
  (func (export "mixed") (param i32 f64 i32 f32) (result f64)
    (f64.add (f64.convert_i32_u (i32.add (local.get 0) (local.get 2)))
      (f64.mul (local.get 1) (f64.promote_f32 (local.get 3)))))
  (func (export "at") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func (export "wait") (param i32) (loop $l (br_if $l (i32.eqz (i32.load (local.get 0))))))
  (type $at (func (param i32) (result i32)))
  (table (export "table") 1 funcref)
  (elem (i32.const 0) $held)
  (func $held (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "heldAt") (param i32) (result i32)
    (i32.add (call_indirect (type $at) (local.get 0) (i32.const 0)) (i32.const 0)))
  (func (export "single") (param f32 f32) (result f32) (f32.mul (local.get 0) (local.get 1)))
  (func (export "clobber") (param i64) (result i64) (local i64 i64 i64 i64 i64 i64 i64)
    (local.set 1 (i64.load (i32.const 0))) (local.set 2 (i64.load (i32.const 8)))
    (local.set 3 (i64.load (i32.const 16))) (local.set 4 (i64.load (i32.const 24)))
    (local.set 5 (i64.load (i32.const 32))) (local.set 6 (i64.load (i32.const 40)))
    (drop (call $call (i32.const 0)))
    (i64.add (local.get 0) (i64.add (i64.add (i64.add (local.get 1) (local.get 2))
      (i64.add (local.get 3) (local.get 4))) (i64.add (local.get 5) (local.get 6)))))
  (func (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $call (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func $fall (export "fall") unreachable)
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "throw") (throw $tag))
  (func (export "spin") (loop $l (br $l))))
//--- host.c
#include "guest.h"
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum Mode { NOTHING, NEST, NEST_TRIED, NEST_ON_HOST_STACK, FALL, FAIL, INTERRUPT };
static enum Mode mode;
static guest *instances[2]; ///< what calls in turn
static moat_store *interrupted;

struct Down {
  uint32_t count, result;
};

static void callNext(void *argument) {
  struct Down *down = (struct Down *)argument;
  down->result = guest_down(instances[down->count & 1], down->count);
}

static uint32_t call(void *context, uint32_t count) {
  struct Down down = {count, 0};
  (void)context;
  switch (mode) {
  case NOTHING:
    break;
  case NEST:
    callNext(&down);
    break;
  case NEST_TRIED:
    if (guest_down__try(instances[count & 1], count, &down.result, NULL) != MOAT_RETURNED)
      puts("not returned");
    break;
  case NEST_ON_HOST_STACK:
    moat_call_on_host_stack(callNext, &down);
    break;
  case FALL:
    guest_fall(instances[1]);
    break;
  case FAIL:
    moat_fail(3, "mine");
    break;
  case INTERRUPT:
    moat_interrupt(interrupted);
    break;
  }
  return down.result;
}

static guest *make(moat_store *store) {
  moat_error error;
  guest__imports imports;
  memset(&imports, 0, sizeof imports);
  imports.host__call = call;
  guest *made = guest__create(store, &imports, &error);
  if (!made) {
    puts(error.text);
    _exit(1);
  }
  return made;
}

static void *inThread(void *unused) {
  moat_store *store = moat_create_store(NULL);
  uint32_t sum = guest_five(make(store), 1, 2, 3, 4, 0);
  (void)unused;
  moat_destroy_store(store);
  return (void *)(uintptr_t)(sum == 10);
}

static volatile int isDone;

static void *interruptOnce(void *store) {
  while (!isDone && !moat_interrupt((moat_store *)store))
    usleep(20);
  isDone = 1;
  return NULL;
}

typedef uint32_t Load(guest *, uint32_t);

/// In processes of their own, as such a call ends them.
static int countOtherEndings(Load *load) {
  int others = 0;
  for (int i = 0; i < 100; ++i) {
    pid_t child = fork();
    if (child == 0) {
      moat_store *store = moat_create_store(NULL);
      guest *instance = make(store);
      pthread_t thread;
      close(2);
      pthread_create(&thread, NULL, interruptOnce, store);
      while (!isDone)
        if (load(instance, 8) != 0)
          _exit(1);
      for (int j = 0; j < 2000; ++j)
        if (load(instance, 8) != 0)
          _exit(1);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    others += !WIFEXITED(status) || (WEXITSTATUS(status) != 134 && WEXITSTATUS(status) != 0);
  }
  return others;
}

static void *interruptAlways(void *store) {
  while (!isDone) {
    moat_interrupt((moat_store *)store);
    usleep(20);
  }
  return NULL;
}

/// Calls that are tried, of which many are interrupted, until a hundred were.
static int countOthersTried(moat_store *store, guest *instance) {
  int others = 0, interruptedCount = 0;
  pthread_t thread;
  isDone = 0;
  pthread_create(&thread, NULL, interruptAlways, store);
  for (uint32_t i = 0; i < 100000 || interruptedCount < 100; ++i) {
    moat_trap_info trap;
    uint32_t sum;
    switch (guest_five__try(instance, i, 1, 2, 3, 4, &sum, &trap)) {
    case MOAT_RETURNED:
      others += sum != i + 10;
      break;
    case MOAT_TRAPPED:
      others += strcmp(trap.text, "interrupted") != 0;
      ++interruptedCount;
      break;
    default:
      ++others;
    }
  }
  isDone = 1;
  pthread_join(thread, NULL);
  return others;
}

struct Loading {
  Load *load;
  guest *instance;
  uint32_t value;
};

static void callLoad(void *argument) {
  struct Loading *loading = (struct Loading *)argument;
  loading->value = loading->load(loading->instance, 8);
}

/// Calls that nobody protects in calls of another store, which end with them. An interruption that
/// comes when its call has just ended is none of the next one's, once it has been made.
static int countOthersNested(moat_store *store, Load *load, guest *instance, guest *outer) {
  int others = 0, interruptedCount = 0;
  struct Loading loading = {load, instance, 0};
  pthread_t thread;
  while (interruptedCount < 100) {
    isDone = 0;
    pthread_create(&thread, NULL, interruptAlways, store);
    for (uint32_t i = 0; i < 20000; ++i) {
      moat_trap_info trap;
      loading.value = 1;
      if (moat_protect(guest__instance(outer), callLoad, &loading, &trap) == -1) {
        others += loading.value != 0;
        continue;
      }
      others += strcmp(trap.text, "interrupted") != 0;
      ++interruptedCount;
    }
    isDone = 1;
    pthread_join(thread, NULL);
    for (int i = 0; i < 10; ++i)
      others += load(instance, 8) != 0;
  }
  return others;
}

static uint64_t __attribute__((noinline)) keep(guest *instance) {
  uint64_t sum = 0;
  double a = 1, b = 2, c = 3;
  for (uint32_t i = 0; i < 1000000; ++i) {
    sum += guest_clobber(instance, i);
    if (i % 100000 == 0)
      __asm__("" : "+x"(a), "+x"(b), "+x"(c), "+r"(sum));
  }
  printf("kept: %llu %.1f %.1f %.1f\n", (unsigned long long)sum, a, b, c);
  return sum;
}

static void fallInOther(void *unused) {
  (void)unused;
  guest_down(instances[0], 1);
}

int main(int argc, char **argv) {
  moat_store_options options;
  moat_trap_info trap;
  pthread_t threads[8];
  const char *what = argc > 1 ? argv[1] : "";
  memset(&options, 0, sizeof options);
  if (!strcmp(what, "limit"))
    options.call_time_ns = 20000000;
  moat_store *store = moat_create_store(&options);
  guest *first = make(store), *second = make(moat_create_store(NULL));
  if (!strcmp(what, "trap"))
    guest_fall(first);
  if (!strcmp(what, "bounds"))
    guest_at(first, 0xfffffff0);
  if (!strcmp(what, "divide"))
    guest_divide(first, 1, 0);
  if (!strcmp(what, "loop")) {
    isDone = 0;
    pthread_create(&threads[0], NULL, interruptOnce, store);
    guest_wait(first, 64);
  }
  if (!strcmp(what, "exhaust"))
    guest_deep(first, 0);
  if (!strcmp(what, "throw"))
    guest_throw(first);
  if (!strcmp(what, "limit"))
    guest_spin(first);
  if (!strcmp(what, "fail")) {
    mode = FAIL;
    guest_down(first, 1);
  }
  if (!strcmp(what, "interrupt")) {
    interrupted = store;
    mode = INTERRUPT;
    guest_down(first, 1);
  }
  if (*what)
    return 0;

  printf("sums: %u %u %.1f %.2f\n", guest_five(first, 0, 1, 2, 3, 4),
         (unsigned)guest_six(first, 1, 2, 3, 4, 5, 6), guest_mixed(first, 1, 0.5, 1, 3),
         (double)guest_single(first, 2.5, 2.5));
  keep(first);
  instances[0] = first;
  instances[1] = second;
  mode = NEST;
  printf("another store: %u\n", guest_down(first, 50));
  mode = NEST_TRIED;
  printf("another store, tried: %u\n", guest_down(first, 50));
  instances[1] = first;
  printf("itself, tried: %u\n", guest_down(first, 50));
  mode = NEST;
  printf("itself: %u\n", guest_down(first, 50));
  mode = NEST_ON_HOST_STACK;
  instances[1] = second;
  printf("from the host's stack: %u\n", guest_down(first, 50));
  mode = FALL;
  if (moat_protect(guest__instance(first), fallInOther, NULL, &trap) != -1)
    printf("trap in another store ends the caller: %s, %s\n", trap.text,
           moat_function_name(guest__instance(first), trap.frames[0], NULL));
  printf("afterwards: %u\n", guest_five(first, 0, 1, 2, 3, 4));

  size_t right = 0;
  for (int i = 0; i < 8; ++i)
    pthread_create(&threads[i], NULL, inThread, NULL);
  for (int i = 0; i < 8; ++i) {
    void *result;
    pthread_join(threads[i], &result);
    right += result != NULL;
  }
  printf("8 threads: %d\n", (int)right);
  fflush(stdout);
  printf("interrupted anywhere: %d other endings, in place: %d\n",
         countOtherEndings(guest_heldAt), countOtherEndings(guest_at));
  fflush(stdout);
  mode = NOTHING;
  printf("interrupted again and again: %d other endings\n", countOthersTried(store, first));
  printf("interrupted in a call of another store: %d other endings, in place: %d\n",
         countOthersNested(store, guest_heldAt, first, second),
         countOthersNested(store, guest_at, first, second));
  return 0;
}
