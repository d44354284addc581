// Functions of the host that leave the guest's stack for the host's: guests that they call begin
// below what is left of theirs; what ends them, or the guest, ends calls as it does elsewhere; and
// so it is where calls of two stores are nested.
//
// RUN: split-file %s %t && cd %t
// RUN: %assemble guest.wat guest.wasm && moat guest.wasm --emit=archive -o libguest.a
// RUN: %clang-host -std=gnu11 -Wall -Wextra -Werror -O1 host.c libguest.a %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s

// CHECK:      outside: called
// CHECK-NEXT: where: host's stack 1, returned 7
// CHECK-NEXT: nested: 1000
// CHECK-NEXT: collected: 500
// CHECK-NEXT: trap: integer overflow | at function 1
// CHECK-NEXT: fail: 5 mine
// CHECK-NEXT: trap of a nested call: unreachable | at function 3
// CHECK-NEXT: the outer one: returned 1
// CHECK-NEXT: exception of a nested call: uncaught exception of type (func (param i32))
// CHECK-NEXT: the outer one: returned 2
// CHECK-NEXT: not protected: uncaught exception of type (func (param i32))
// CHECK-NEXT: guest's stack: call stack exhausted
// CHECK-NEXT: limit: time limit exceeded
// CHECK-NEXT: two stores: 100
// CHECK-NEXT: where: host's stack 1, returned 7

//--- guest.wat
(module
  (type $list (struct (field i32) (field (ref null $list))))
  (import "host" "call" (func $call (param i32) (result i32)))
  (tag $tag (param i32))
  (func $pass (export "pass") (param i32) (result i32) (call $call (local.get 0)))
  (func $down (export "down") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (i32.add (i32.const 1) (call $call (i32.sub (local.get 0) (i32.const 1)))))
  (func $fall (export "fall") (param i32) (result i32) (unreachable))
  (func (export "throw") (param i32) (result i32) (throw $tag (local.get 0)))
  (func (export "spin") (param i32) (result i32) (loop $l (br $l)) (unreachable))
  (func $deep (export "deep") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (call $call (i32.const 0)))))
    (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
  ;; An object is alive in a frame while inner calls allocate.
  (func (export "list") (param i32) (result i32)
    (local $kept (ref $list))
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (local.set $kept (struct.new $list (local.get 0) (struct.new $list (i32.const 1) (ref.null $list))))
    (i32.add (call $call (i32.sub (local.get 0) (i32.const 1)))
      (i32.mul (struct.get $list 0 (ref.as_non_null (struct.get $list 1 (local.get $kept))))
        (i32.eq (struct.get $list 0 (local.get $kept)) (local.get 0))))))
//--- host.c
#include "guest.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mode { WHERE, NEST, LIST, TRAP, FAIL, FALL, THROW, UNPROTECTED, DEEP, SPIN, STORES };

static enum mode mode;
static char *hostFrame;
static moat_instance *instance, *other;
static moat_trap_info trap;

static void show(const char *what, moat_instance *of, moat_ending ending, uint32_t result) {
  if (ending == MOAT_RETURNED) {
    printf("%s: returned %u\n", what, result);
    return;
  }
  if (ending == MOAT_FAILED) {
    printf("%s: %u %s\n", what, trap.exit_code, trap.text);
    return;
  }
  char text[500];
  moat_describe_trap(moat_store_of(of), &trap, text, sizeof text);
  char *first = strtok(text, "\n"), *second = strtok(NULL, "\n");
  if (strncmp(first, "trap: ", 6) == 0)
    first += 6;
  if (second && mode != DEEP && mode != SPIN && mode != THROW && mode != UNPROTECTED)
    printf("%s: %s | %s\n", what, first, second + 2);
  else
    printf("%s: %s\n", what, first);
}

static moat_ending call(moat_instance *of, const char *name, uint32_t argument, uint32_t *result) {
  moat_value values[1] = {{.i32 = argument}};
  moat_ending ending = moat_call(moat_find_export(of, name), values, &trap);
  *result = values[0].i32;
  return ending;
}

static uint32_t callOrEnd(moat_instance *of, const char *name, uint32_t argument) {
  uint32_t result;
  if (call(of, name, argument, &result) != MOAT_RETURNED)
    moat_trap((uint32_t)trap.kind);
  return result;
}

static void body(void *argument) {
  moat_value *values = argument;
  uint32_t given = values[0].i32, result;
  char here;
  switch (mode) {
  case WHERE:
    printf("where: host's stack %d, ", hostFrame - &here > 0 && hostFrame - &here < 1 << 20);
    values[0].i32 = 7;
    return;
  case NEST:
    values[0].i32 = callOrEnd(instance, "down", given);
    return;
  case LIST:
    values[0].i32 = callOrEnd(instance, "list", given);
    return;
  case TRAP:
    moat_trap(MOAT_TRAP_IntegerOverflow);
  case FAIL:
    moat_fail(5, "mine");
  case FALL:
    show("trap of a nested call", instance, call(instance, "fall", 0, &result), 0);
    values[0].i32 = 1;
    return;
  case THROW:
    show("exception of a nested call", instance, call(instance, "throw", 0, &result), 0);
    values[0].i32 = 2;
    return;
  case UNPROTECTED:
    values[0].i32 = guest_throw((guest *)instance, 1);
    return;
  case DEEP:
    values[0].i32 = callOrEnd(instance, "deep", 20000);
    return;
  case SPIN:
    call(instance, "spin", 0, &result);
    return;
  case STORES:
    values[0].i32 = given ? callOrEnd(given % 2 ? other : instance, "down", given) : 0;
    return;
  }
}

static void onHostStack(void *context, moat_value *values) {
  (void)context;
  moat_call_on_host_stack(body, values);
}

/// Of two stores, every other call goes on from the guest's stack.
static void onAnyStack(void *context, moat_value *values) {
  (void)context;
  if (mode == STORES && values[0].i32 % 3 == 0)
    body(values);
  else
    moat_call_on_host_stack(body, values);
}

static moat_instance *make(const moat_store_options *options, moat_callback callback) {
  moat_store *store = moat_create_store(options);
  moat_error error;
  moat_import import = moat_import_for(
      &guest__module, 0, moat_make_import(store, &guest__module, 0, callback, NULL));
  moat_instance *made = moat_instantiate(store, &guest__module, &import, 1, &error);
  if (!made) {
    puts(error.text);
    exit(1);
  }
  return made;
}

static void test(const char *what, enum mode chosen, const char *name, uint32_t argument) {
  uint32_t result;
  mode = chosen;
  moat_ending ending = call(instance, name, argument, &result);
  if (what)
    show(what, instance, ending, result);
  else if (ending == MOAT_RETURNED)
    printf("returned %u\n", result);
}

static void sayCalled(void *argument) { puts(argument); }

/// Without an argument: with collections.
int main(int argc, char **argv) {
  char frame;
  (void)argv;
  hostFrame = &frame;
  moat_call_on_host_stack(sayCalled, "outside: called");
  moat_store_options options = {.stresses_heap = argc == 1};
  instance = make(&options, onHostStack);
  test(NULL, WHERE, "pass", 0);
  uint32_t result;
  mode = NEST;
  call(instance, "down", 1000, &result);
  printf("nested: %u\n", result);
  mode = LIST;
  call(instance, "list", 500, &result);
  printf("collected: %u\n", result);
  test("trap", TRAP, "pass", 0);
  test("fail", FAIL, "pass", 0);
  test("the outer one", FALL, "pass", 0);
  test("the outer one", THROW, "pass", 0);
  test("not protected", UNPROTECTED, "pass", 0);
  test("guest's stack", DEEP, "pass", 0);
  moat_destroy_store(moat_store_of(instance));

  moat_store_options limited = {.call_time_ns = 20000000};
  instance = make(&limited, onHostStack);
  test("limit", SPIN, "pass", 0);
  moat_destroy_store(moat_store_of(instance));

  instance = make(NULL, onAnyStack);
  other = make(NULL, onAnyStack);
  mode = STORES;
  call(instance, "down", 100, &result);
  printf("two stores: %u\n", result);
  mode = WHERE;
  call(instance, "pass", 0, &result);
  printf("returned %u\n", result);
  moat_destroy_store(moat_store_of(instance));
  moat_destroy_store(moat_store_of(other));
}
