// An object that is linked into an executable survives traps by moat_protect, at any depth,
// and reads the guest's memory; its functions may trap themselves.
//
// RUN: split-file %s %t && cd %t
// RUN: %clang-musl -std=c11 -Wall -Wextra -Werror -c host.c -o host.o
// RUN: moat guest.wat host.o -o guest
// RUN: ./guest | FileCheck %s
// RUN: ulimit -s unlimited
// RUN: ./guest | FileCheck %s

// CHECK:      divide: integer divide by zero
// CHECK-NEXT: recur: call stack exhausted
// CHECK-NEXT: deep enough: yes
// CHECK-NEXT: load: out of bounds memory access
// CHECK-NEXT: ping: -1
// CHECK-NEXT: inner: integer divide by zero
// CHECK-NEXT: inner: integer divide by zero
// CHECK-NEXT: inner: integer divide by zero
// CHECK-NEXT: inner: indirect call type mismatch
// CHECK-NEXT: outer after inner: cast failure
// CHECK-NEXT: slice: hi
// CHECK-NEXT: slice past the end: none

//--- guest.wat
(module
  (import "host" "call_back" (func $callBack (param i32)))
  (memory 1)
  (data (i32.const 100) "hi\00")
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
  (func $recur (export "recur") (param i32) (result i32)
    (i32.add (call $recur (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "ping") (param i32) (call $callBack (local.get 0))))

//--- host.c
#include "moat/moat.h"
#include <stdio.h>

uint32_t moat_export_divide(moat_instance *, uint32_t);
uint32_t moat_export_recur(moat_instance *, uint32_t);
uint32_t moat_export_load(moat_instance *, uint32_t);
void moat_export_ping(moat_instance *, uint32_t);
void moat_import_host__call_back(moat_instance *, uint32_t);
void moat_main(moat_instance *);

static moat_instance *guest;

static void divide(void *unused) { (void)unused; moat_export_divide(guest, 0); }
static void recur(void *unused) { (void)unused; moat_export_recur(guest, 0); }
static void load(void *address) { moat_export_load(guest, *(uint32_t *)address); }
static void ping(void *depth) { moat_export_ping(guest, *(uint32_t *)depth); }

// Called by the guest: protects another call of the guest, on the same stack.
void moat_import_host__call_back(moat_instance *instance, uint32_t depth) {
  moat_trap_info info;
  if (depth == 0)
    return;
  if (depth == 100)
    moat_trap(MOAT_TRAP_IndirectCallType);
  uint32_t next = depth == 1 ? 0 : depth - 1;
  int32_t trap = next ? moat_protect(instance, ping, &next, &info)
                      : moat_protect(instance, divide, 0, &info);
  if (trap == MOAT_TRAP_IntegerDivideByZero)
    printf("inner: %s\n", info.text);
  // Further out it is the activation of the caller that ends.
  if (depth == 1 || trap == MOAT_TRAP_IntegerDivideByZero)
    moat_export_divide(instance, 0);
}

static void mixed(void *unused) {
  (void)unused;
  uint32_t depth = 100;
  moat_trap_info info;
  moat_protect(guest, ping, &depth, &info);
  printf("inner: %s\n", info.text);
  moat_trap(MOAT_TRAP_CastFailure);
}

void moat_main(moat_instance *instance) {
  guest = instance;
  moat_trap_info info;
  moat_protect(instance, divide, 0, &info);
  printf("divide: %s\n", info.text);
  moat_protect(instance, recur, 0, &info);
  printf("recur: %s\n", info.text);
  printf("deep enough: %s\n",
         info.depth > 100000 && info.frame_count == 64 ? "yes" : "no");
  uint32_t address = 65533;
  moat_protect(instance, load, &address, &info);
  printf("load: %s\n", info.text);
  uint32_t depth = 0;
  printf("ping: %d\n", moat_protect(instance, ping, &depth, &info));
  depth = 3;
  moat_protect(instance, ping, &depth, &info);
  moat_protect(instance, mixed, 0, &info);
  printf("outer after inner: %s\n", info.text);
  printf("slice: %s\n", (char *)moat_memory_slice(instance, 100, 3));
  printf("slice past the end: %s\n",
         moat_memory_slice(instance, 65534, 3) ? "some" : "none");
}
