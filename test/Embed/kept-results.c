// References that functions of the header return are kept, wherever the host has them, as those of
// moat_call are: outside of moat_protect and inside, of one result and of several.
//
// RUN: split-file %s %t && cd %t
// RUN: %assemble guest.wat guest.wasm && moat guest.wasm --emit=archive -o libguest.a
// RUN: %clang-host -std=gnu11 -Wall -Wextra -Werror -O1 host.c libguest.a %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s

// CHECK:      outside: 100 of 100
// CHECK-NEXT: inside: 100 of 100
// CHECK-NEXT: of several results: 100 of 100

//--- guest.wat
(module
  (type $box (struct (field i32)))
  (func (export "make") (param i32) (result (ref $box)) (struct.new $box (local.get 0)))
  (func (export "makeMore") (param i32) (result i32 (ref $box) i32)
    (i32.const 1) (struct.new $box (local.get 0)) (i32.const 2))
  (func (export "get") (param (ref null $box)) (result i32) (struct.get $box 0 (local.get 0)))
  (func (export "litter") (param i32) (local (ref null $box))
    (loop $l
      (local.set 1 (struct.new $box (i32.const 1000000)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $l (i32.add (local.get 0) (i32.eqz (struct.get $box 0 (local.get 1))))))))
//--- host.c
#include "guest.h"
#include <stdio.h>

enum { count = 100 };
static guest *instance;
/// Not as they are: nothing that looks for roots finds them here.
static uintptr_t hidden[count];

static void make(void *unused) {
  (void)unused;
  for (uint32_t i = 0; i < count; ++i)
    hidden[i] = ~(uintptr_t)guest_make(instance, i);
}

static void makeMore(void *unused) {
  (void)unused;
  for (uint32_t i = 0; i < count; ++i)
    hidden[i] = ~(uintptr_t)guest_makeMore(instance, i).r1;
}

static void check(const char *what) {
  uint32_t right = 0;
  guest_litter(instance, 3000000); // three times what a collection waits for, at least
  for (uint32_t i = 0; i < count; ++i)
    right += guest_get(instance, (void *)~hidden[i]) == i;
  printf("%s: %u of %u\n", what, right, (uint32_t)count);
}

int main(void) {
  moat_store *store = moat_create_store(NULL);
  instance = guest__create(store, NULL, NULL);
  make(NULL);
  check("outside");
  moat_protect(guest__instance(instance), make, NULL, NULL);
  check("inside");
  makeMore(NULL);
  check("of several results");
  moat_destroy_store(store);
  return 0;
}
