// The entries of exports: a backtrace names each function once, whether its entry leads to it or has
// it inlined (functions that a table holds), inside of moat_protect and outside, and through another
// module; arguments on the stack, and results that need an area.
//
// RUN: split-file %s %t && cd %t
// RUN: moat traps.wat --emit=archive -o libtraps.a && moat user.wat --emit=archive -o libuser.a
// RUN: %clang-host -std=gnu11 -Wall -Wextra -Werror -O1 host.c libtraps.a libuser.a \
// RUN:   %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s
// RUN: moat traps.wat -O0 --emit=archive -o libtraps.a
// RUN: moat user.wat -O3 --emit=archive -o libuser.a
// RUN: %clang-host -x c++ -std=c++17 -Wall -Wextra -Werror -O1 host.c -x none libtraps.a libuser.a \
// RUN:   %build/lib/libmoat.a -o host++
// RUN: ./host++ | FileCheck %s
//
// An entry is the function, where that is small, calls nothing and cannot trap; also where it has
// another calling convention.
// RUN: moat traps.wat --emit=archive -o libtraps.a
// RUN: llvm-objdump-22 -d --no-show-raw-insn --disassemble-symbols=traps_add,traps_held libtraps.a \
// RUN:   | FileCheck %s --check-prefix=CODE --implicit-check-not=call
// CODE:      <traps_add>:
// CODE-NEXT: leal
// CODE-NEXT: retq
// CODE:      <traps_held>:
// CODE-NEXT: leal
// CODE-NEXT: retq
// RUN: llvm-objdump-22 -d --no-show-raw-insn --disassemble-symbols=moat_inside libtraps.a \
// RUN:   | FileCheck %s --check-prefix=INSIDE --implicit-check-not=call
// INSIDE:      <moat_inside>:
// INSIDE-NEXT: leal
// INSIDE-NEXT: retq

// CHECK:      plain, tried: unreachable
// CHECK-NEXT:   at plain (function 2)
// CHECK-NOT:  {{.}}
// CHECK:      plain, protected: unreachable
// CHECK-NEXT:   at plain (function 2)
// CHECK-NOT:  {{.}}
// CHECK:      held, protected: unreachable
// CHECK-NEXT:   at trap (function 3)
// CHECK-NOT:  {{.}}
// CHECK:      recursion, protected: unreachable
// CHECK-NEXT:   at recursion (function 4)
// CHECK-NEXT:   at recursion (function 4)
// CHECK-NEXT:   at recursion (function 4)
// CHECK-NEXT:   at recursion (function 4)
// CHECK-NOT:  {{.}}
// CHECK:      tail, protected: unreachable
// CHECK-NEXT:   at {{tail .function 5|last .function 6}})
// CHECK-NOT:  {{.}}
// CHECK:      divide, protected: integer divide by zero
// CHECK-NEXT:   at divide (function 7)
// CHECK-NOT:  {{.}}
// CHECK:      plain through another module: unreachable
// CHECK-NEXT:   at plain (function 2)
// CHECK-NEXT:   at through (function 1)
// CHECK-NOT:  {{.}}
// CHECK:      sums: 3 7 10 100000
// CHECK-NEXT: many: 78 outside, 78 inside, 78 tried
// CHECK-NEXT: floats: 55.0 outside, 55.0 inside, 55.0 tried
// CHECK-NEXT: quotients: 3 and 2 outside, 3 and 2 inside
// CHECK-NEXT: wide: 1 2 3 4 outside, 1 2 3 4 inside

//--- traps.wat
(module
  (table 3 funcref)
  (elem (i32.const 0) $trap $held $recursion)
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $held (export "held") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $plain (export "plain") (param i32) (result i32) unreachable)
  (func $trap (export "trap") (param i32) (result i32) unreachable)
  (func $recursion (export "recursion") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $recursion (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
      (else unreachable)))
  (func $tail (export "tail") (param i32) (result i32) (return_call $last (local.get 0)))
  (func $last (param i32) (result i32) unreachable)
  (func $divide (export "divide") (param i32 i32) (result i32 i32)
    (i32.div_u (local.get 0) (local.get 1)) (i32.rem_u (local.get 0) (local.get 1)))
  (func $loop (export "loop") (param i32 i32) (result i32)
    (if (result i32) (local.get 0)
      (then (return_call $loop (i32.sub (local.get 0) (i32.const 1))
        (i32.add (local.get 1) (i32.const 1))))
      (else (local.get 1))))
  (func (export "many") (param i32 i64 i32 i64 i32 i64 i32 i64 i32 i64 i32 i64) (result i64)
    (i64.add (i64.extend_i32_u (i32.add (i32.add (local.get 0) (local.get 2)) (i32.add
        (i32.add (local.get 4) (local.get 6)) (i32.add (local.get 8) (local.get 10)))))
      (i64.add (i64.add (local.get 1) (local.get 3)) (i64.add
        (i64.add (local.get 5) (local.get 7)) (i64.add (local.get 9) (local.get 11))))))
  (func (export "floats") (param f64 f32 f64 f32 f64 f32 f64 f32 f64 f32) (result f64)
    (f64.add (f64.promote_f32 (f32.add (local.get 1) (f32.add (f32.add (local.get 3) (local.get 5))
        (f32.add (local.get 7) (local.get 9)))))
      (f64.add (local.get 0) (f64.add (f64.add (local.get 2) (local.get 4))
        (f64.add (local.get 6) (local.get 8))))))
  (func (export "wide") (param i32) (result i32 i64 f32 f64)
    (local.get 0) (i64.const 2) (f32.const 3) (f64.const 4)))
//--- user.wat
(module
  (import "traps" "plain" (func $plain (param i32) (result i32)))
  (func $through (export "through") (param i32) (result i32)
    (i32.add (call $plain (local.get 0)) (i32.const 1))))
//--- host.c
#include "traps.h"
#include "user.h"
#include <stdio.h>

static moat_store *store;
static traps *instance;

static void say(const char *name, const moat_trap_info *trap) {
  char text[2000];
  moat_describe_trap(store, trap, text, sizeof text);
  printf("%s: %s", name, text + sizeof "trap: " - 1);
}

static void plain(void *unused) {
  (void)unused;
  traps_plain(instance, 1);
}
static void held(void *unused) {
  (void)unused;
  traps_trap(instance, 1);
}
static void recursion(void *unused) {
  (void)unused;
  traps_recursion(instance, 3);
}
static void tail(void *unused) {
  (void)unused;
  traps_tail(instance, 3);
}
static void divide(void *unused) {
  (void)unused;
  traps_divide(instance, 3, 0);
}

static void sayProtected(const char *name, void (*body)(void *)) {
  char text[100];
  moat_trap_info trap;
  moat_protect(traps__instance(instance), body, NULL, &trap);
  snprintf(text, sizeof text, "%s, protected", name);
  say(text, &trap);
}

typedef struct {
  uint32_t sums[4];
  uint64_t many;
  double floats;
  traps_divide__results quotients;
  traps_wide__results wide;
} Calls;

static void call(void *argument) {
  Calls *calls = (Calls *)argument;
  calls->sums[0] = traps_add(instance, 1, 2);
  calls->sums[1] = traps_held(instance, 3, 4);
  calls->sums[2] = traps_loop(instance, 4, 6);
  calls->sums[3] = traps_loop(instance, 100000, 0);
  calls->many = traps_many(instance, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  calls->floats = traps_floats(instance, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  calls->quotients = traps_divide(instance, 17, 5);
  calls->wide = traps_wide(instance, 1);
}

int main(void) {
  moat_trap_info trap;
  moat_error error;
  moat_import provided;
  uint32_t result;
  store = moat_create_store(NULL);
  instance = traps__create(store, NULL, &error);
  if (!instance)
    return puts(error.text), 1;
  user__imports imports;
  memset(&imports, 0, sizeof imports);
  provided = moat_import_for(&user__module, 0, moat_find_export(traps__instance(instance), "plain"));
  imports.others = &provided;
  imports.other_count = 1;
  user *other = user__create(store, &imports, &error);
  if (!other)
    return puts(error.text), 1;

  traps_plain__try(instance, 1, &result, &trap);
  say("plain, tried", &trap);
  sayProtected("plain", plain);
  sayProtected("held", held);
  sayProtected("recursion", recursion);
  sayProtected("tail", tail);
  sayProtected("divide", divide);
  user_through__try(other, 1, &result, &trap);
  say("plain through another module", &trap);

  Calls outside, inside;
  uint64_t many;
  double floats;
  call(&outside);
  moat_protect(traps__instance(instance), call, &inside, &trap);
  printf("sums: %u %u %u %u\n", inside.sums[0], inside.sums[1], inside.sums[2], inside.sums[3]);
  if (memcmp(outside.sums, inside.sums, sizeof inside.sums))
    puts("different outside");
  traps_many__try(instance, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, &many, &trap);
  printf("many: %d outside, %d inside, %d tried\n", (int)outside.many, (int)inside.many, (int)many);
  traps_floats__try(instance, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, &floats, &trap);
  printf("floats: %.1f outside, %.1f inside, %.1f tried\n", outside.floats, inside.floats, floats);
  printf("quotients: %u and %u outside, %u and %u inside\n", outside.quotients.r0,
         outside.quotients.r1, inside.quotients.r0, inside.quotients.r1);
  printf("wide: %u %d %.0f %.0f outside, %u %d %.0f %.0f inside\n", outside.wide.r0,
         (int)outside.wide.r1, outside.wide.r2, outside.wide.r3, inside.wide.r0,
         (int)inside.wide.r1, inside.wide.r2, inside.wide.r3);
  moat_destroy_store(store);
  return 0;
}
