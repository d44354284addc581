// --emit=archive and its header: two modules in one program, in C and in C++ without casts;
// imports as C functions with a context for each instance, and as another instance's export;
// several results as a structure; memories, globals, tables and tags; a call inside of
// moat_protect and outside; a name with other characters.
//
// RUN: split-file %s %t && cd %t
// RUN: moat --emit=archive shop.wat -o libshop.a && moat --emit=archive user.wat -o libuser.a
// RUN: %clang-host -std=gnu11 -Wall -Wextra -Werror -O1 host.c libshop.a libuser.a \
// RUN:   %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s
// RUN: FileCheck %s --check-prefix=HEADER --input-file=shop.h
// HEADER: /** (func (param i32 {{.*}} i32 f64)) */
// RUN: %clang-host -x c++ -std=c++17 -Wall -Wextra -Werror -O0 host.c -x none libshop.a libuser.a \
// RUN:   %build/lib/libmoat.a -o host++
// RUN: ./host++ | FileCheck %s
// RUN: not ./host unprotected 2>&1 | FileCheck %s --check-prefix=UNPROTECTED
// UNPROTECTED: moat: an export was called outside of moat_protect, and ended: integer divide by zero
//
// A program's own warnings are not about the header.
// RUN: printf '#include "shop.h"\nint main(void) { return 0; }\n' > strict.c
// RUN: %clang-host -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only strict.c
// RUN: %clang-host -x c++ -std=c++17 -Weverything -Wno-c++98-compat -Wno-c++98-compat-pedantic \
// RUN:   -Werror -fsyntax-only strict.c -I.
//
// A shared library has the same header; its names can be chosen.
// RUN: moat --emit=shared shop.wat --name=shop -o other.so --header=shop.h
// RUN: %clang-host -std=gnu11 -O1 host.c ./other.so libuser.a -Wl,--export-dynamic \
// RUN:   %build/lib/libmoat.a -o linked
// RUN: ./linked | FileCheck %s
// RUN: not moat --emit=archive shop.wat --name=9x -o x.a 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: --name=9x: not letters, digits and single underscores
// RUN: not moat --emit=archive shop.wat -o libclass.a 2>&1 | FileCheck %s --check-prefix=RESERVED
// RESERVED: --name=class: C, C++ or the runtime has that name; --name= chooses another
// RUN: not moat --emit=archive shop.wat --name=moat -o x.a

// CHECK:      no import: unknown import: "host" "price": wanted (func (param i32) (result i32))
// CHECK-NEXT: first: 30, second: 50
// CHECK-NEXT: 17 by 5: 3 and 2
// CHECK-NEXT: divided by zero: integer divide by zero: divide
// CHECK-NEXT: in moat_protect: integer divide by zero after 30
// CHECK-NEXT: memory: 65536 bytes, hello
// CHECK-NEXT: global: 7, then 8, table: 1
// CHECK-NEXT: thrown: sold 3.5
// CHECK-NEXT: thrown by the host: caught 2.5
// CHECK-NEXT: vector: 11
// CHECK-NEXT: odd name: 99
// CHECK-NEXT: through another module: 31
// CHECK-NEXT: a trap there: integer divide by zero

//--- shop.wat
(module
  (import "host" "price" (func $price (param i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 16) "hello")
  (global (export "stock") (mut i32) (i32.const 7))
  (table (export "table") 1 funcref)
  (tag $sold (export "sold") (param f64))
  (func $cost (export "cost") (param i32) (result i32) (call $price (local.get 0)))
  (func $divide (export "divide") (param i32 i32) (result i32 i32)
    (i32.div_u (local.get 0) (local.get 1)) (i32.rem_u (local.get 0) (local.get 1)))
  (func (export "sell") (param f64) (throw $sold (local.get 0)))
  (func (export "try") (result f64)
    (try (result f64) (do (f64.convert_i32_s (call $price (i32.const -1)))) (catch $sold)))
  (func (export "long") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32
    i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 f64))
  (func (export "add") (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1)))
  (func (export "odd-name") (result i32) (i32.const 99)))
//--- user.wat
(module
  (import "shop" "cost" (func $cost (param i32) (result i32)))
  (import "shop" "divide" (func $divide (param i32 i32) (result i32 i32)))
  (func (export "total") (param i32) (result i32)
    (i32.add (call $cost (local.get 0)) (i32.const 1)))
  (func (export "trap") (call $divide (i32.const 1) (i32.const 0)) (drop) (drop)))
//--- host.c
#include "shop.h"
#include "user.h"
#include <stdio.h>

static shop *thrower;

static uint32_t price(void *context, uint32_t count) {
  if (count == -1u)
    shop_sold__throw(thrower, 2.5);
  return count * *(const uint32_t *)context;
}

struct Work {
  shop *instance;
  uint32_t cost;
};

static void work(void *argument) {
  struct Work *mine = (struct Work *)argument;
  mine->cost = shop_cost(mine->instance, 10);
  shop_divide(mine->instance, 1, 0);
  mine->cost = 0;
}

static shop *makeShop(moat_store *store, const uint32_t *unitPrice) {
  shop__imports imports;
  moat_error error;
  memset(&imports, 0, sizeof imports);
  imports.context = (void *)(uintptr_t)unitPrice;
  imports.host__price = price;
  shop *made = shop__create(store, &imports, &error);
  if (!made)
    puts(error.text);
  return made;
}

int main(int argc, char **argv) {
  (void)argv;
  moat_store *store = moat_create_store(NULL);
  static const uint32_t three = 3, five = 5;
  moat_error error;
  moat_trap_info trap;
  setvbuf(stdout, NULL, _IONBF, 0);
  if (!shop__create(store, NULL, &error))
    printf("no import: %s\n", error.text);
  shop *first = makeShop(store, &three), *second = makeShop(store, &five);
  if (argc > 1)
    return (int)shop_divide(first, 1, 0).r0;
  printf("first: %u, second: %u\n", shop_cost(first, 10), shop_cost(second, 10));
  shop_divide__results both = shop_divide(first, 17, 5);
  printf("17 by 5: %u and %u\n", both.r0, both.r1);
  if (shop_divide__try(first, 17, 0, &both, &trap) == MOAT_TRAPPED)
    printf("divided by zero: %s: %s\n", trap.text,
           moat_function_name(shop__instance(first), trap.frames[0], NULL));
  struct Work mine = {first, 0};
  moat_protect(shop__instance(first), work, &mine, &trap);
  printf("in moat_protect: %s after %u\n", trap.text, mine.cost);

  char text[6] = "";
  bool isRead = shop_memory__read(first, 16, text, 5) &&
                !shop_memory__read(first, shop_memory__size(first), text, 1);
  printf("memory: %u bytes, %s\n", (unsigned)shop_memory__size(first), isRead ? text : "?");
  uint32_t stock = shop_stock__get(first);
  shop_stock__set(first, stock + 1);
  printf("global: %u, then %u, table: %u\n", stock, shop_stock__get(first),
         (unsigned)shop_table__size(first));
  if (shop_sell__try(first, 3.5, &trap) == MOAT_THREW && shop_sold__is(first, &trap))
    printf("thrown: sold %.1f\n", moat_exception_values(&trap, NULL)[0].f64);
  thrower = first;
  printf("thrown by the host: caught %.1f\n", shop_try(first));
  moat_value a, b;
  memset(&a, 0, sizeof a);
  a.i32 = 5;
  b = a;
  b.i32 = 6;
  a.vector = shop_add(first, a.vector, b.vector);
  printf("vector: %u\n", a.i32);
  printf("odd name: %u\n", shop_odd$2dname(first));

  moat_import provided[2];
  memset(provided, 0, sizeof provided);
  provided[0] = moat_import_for(&user__module, 0, moat_find_export(shop__instance(first), "cost"));
  provided[1] =
      moat_import_for(&user__module, 1, moat_find_export(shop__instance(first), "divide"));
  user__imports imports;
  memset(&imports, 0, sizeof imports);
  imports.others = provided;
  imports.other_count = 2;
  user *other = user__create(store, &imports, &error);
  if (!other)
    return puts(error.text), 1;
  printf("through another module: %u\n", user_total(other, 10));
  user_trap__try(other, &trap);
  printf("a trap there: %s\n", trap.text);
  moat_destroy_store(store);
  return 0;
}
