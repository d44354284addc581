// What a host hands in is checked as far as it can be: types as text, kinds, references to functions
// in tables, globals, arguments, results and exceptions, limits, indices. And what the system
// refuses is named with the system's reason; what could not be made is not counted against limits.
//
// RUN: split-file %s %t && cd %t
// RUN: %assemble guest.wat guest.wasm && moat guest.wasm --emit=archive -o libguest.a
// RUN: moat big.wat --emit=archive -o libbig.a
// RUN: moat big.wat --emit=archive --bounds=checked -o libchecked.a
// RUN: moat table.wat --emit=archive -o libtable.a
// RUN: %clang-host -std=gnu11 -Wall -Wextra -Werror -O1 -fsanitize=address,undefined host.c libguest.a \
// RUN:   libbig.a libchecked.a libtable.a %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s
// RUN: %clang-host -std=gnu11 -O1 host.c libguest.a libbig.a libchecked.a libtable.a \
// RUN:   %build/lib/libmoat.a -o limited
// RUN: sh -c "ulimit -v 60000; ./limited short" | FileCheck %s --check-prefix=SHORT

// CHECK:      well formed: (func) (func (param i32 i64) (result f32)) (func (param i32)) (func (param funcref)) (func (param (ref func))) (func (result (ref null (func (param i32)))))
// CHECK-NEXT: malformed: 0 of 24
// CHECK-NEXT: tags: 1 0 0
// CHECK-NEXT: spelled otherwise: linked, 12
// CHECK-NEXT: kinds: 0 0 0 0 0, nothing, 0
// CHECK-NEXT: as an import: import "host" "apply": not what the runtime made: its kind was changed
// CHECK-NEXT: elements: 1 1 0 0 0 0
// CHECK-NEXT: of a type: 1 0 1
// CHECK-NEXT: grown: 0 -1
// CHECK-NEXT: globals: 1 0 0, made: 1 0 0 0
// CHECK-NEXT: function of: 1 0 0
// CHECK-NEXT: arguments: 5 | an argument is not a function of the store | an argument is not a function of the store
// CHECK-NEXT: null for a type without: an argument is not a function of the store
// CHECK-NEXT: results: 6 | a result of a function of the host is not a function of the store
// CHECK-NEXT: thrown: 7 | moat_throw: a value is not a function of the store
// CHECK-NEXT: limits: 0 0 0 0 0
// CHECK-NEXT: indices: 0 0 0 0

// SHORT: big: cannot reserve 8 GiB of addresses for the memory: not enough space; where address space is limited (ulimit -v), compile with --bounds=checked
// SHORT-NEXT: checked: cannot map 2147483648 bytes for the memory: not enough space
// SHORT-NEXT: table: cannot map the table: not enough space
// SHORT-NEXT: within the limit still: 1 1

//--- guest.wat
(module
  (type $number (func (result i32)))
  (import "host" "apply" (func $apply (param i32) (result i32)))
  (import "host" "choose" (func $choose (result funcref)))
  (tag $tag (export "tag") (param funcref))
  (table $table (export "table") 2 10 funcref)
  (table $typed (export "typed") 2 (ref null $number))
  (global (export "global") (mut funcref) (ref.null func))
  (func $five (export "five") (result i32) (i32.const 5))
  (func (export "other") (param i32))
  (func $call (export "call") (param funcref) (result i32)
    (table.set $table (i32.const 1) (local.get 0))
    (call_indirect $table (type $number) (i32.const 1)))
  (func (export "call_typed") (param (ref $number)) (result i32)
    (call_ref $number (local.get 0)))
  (func (export "chosen") (result i32) (call $call (call $choose)))
  (func (export "apply") (param i32) (result i32) (call $apply (local.get 0)))
  (func (export "catch") (result i32)
    (block $h (result funcref)
      (return (try_table (result i32) (catch $tag $h) (call $apply (i32.const -1)))))
    (call $call)))
//--- big.wat
(module (memory 32768))
//--- table.wat
(module (table 10000000 funcref))
//--- host.c
#include "big.h"
#include "checked.h"
#include "guest.h"
#include "table.h"
#include <stdio.h>
#include <string.h>

static moat_store *store;
static guest *made;
static char garbage[64];
static void *chosen;

static void apply(void *context, moat_value *values) {
  (void)context;
  if (values[0].i32 == -1u) {
    values[0].ref = chosen;
    moat_throw(guest_tag(made), values);
  }
  values[0].i32 *= 2;
}

static void choose(void *context, moat_value *values) {
  (void)context;
  values[0].ref = chosen;
}

static moat_extern function(const char *type) {
  return moat_make_function(store, type, apply, NULL);
}

static int shortOfAddresses(void) {
  moat_store_options options;
  moat_error error;
  memset(&options, 0, sizeof options);
  options.stack_bytes = 65536;
  options.memory_bytes = UINT64_C(2) << 30;
  options.table_elements = 10000000;
  store = moat_create_store(&options);
  if (!big__create(store, NULL, &error))
    printf("big: %s\n", error.text);
  for (int i = 0; i < 2; ++i)
    if (!checked__create(store, NULL, &error) && i)
      printf("checked: %s\n", error.text);
  for (int i = 0; i < 2; ++i)
    if (!table__create(store, NULL, &error) && i)
      printf("table: %s\n", error.text);
  moat_extern table = moat_make_table(store, MOAT_FUNCREF, false, 1000, 1000);
  moat_destroy_store(store);
  options.prefers_unguarded = true;
  store = moat_create_store(&options);
  moat_extern memory = moat_make_memory(store, 1, 1, false);
  printf("within the limit still: %d %d\n", table.object != NULL, memory.object != NULL);
  moat_destroy_store(store);
  return 0;
}

static void showCall(const char *name, void *reference) {
  moat_value values[1];
  moat_trap_info trap;
  values[0].ref = reference;
  moat_ending ending =
      moat_call(moat_find_export(guest__instance(made), name), values, &trap);
  if (ending == MOAT_RETURNED)
    printf("%u", values[0].i32);
  else
    printf("%s", trap.text ? trap.text : "?");
}

int main(int argc, char **argv) {
  (void)argv;
  setvbuf(stdout, NULL, _IONBF, 0);
  if (argc > 1)
    return shortOfAddresses();
  store = moat_create_store(NULL);

  const char *good[] = {"(func)", "( func (param i32)(param $x i64 )\n(result f32))", "(func (param) (param i32))",
                        "(func (param (ref null func)))", "(func (param (ref func)))",
                        "(func (result (ref null (func (param i32)))))"};
  char text[200];
  printf("well formed:");
  for (size_t i = 0; i < sizeof good / sizeof *good; ++i) {
    moat_extern thing = function(good[i]);
    moat_type_text(&thing, text, sizeof text);
    printf(" %s", text);
  }
  const char *bad[] = {"", "func", "(func", "(func))", "(func) ", "(fun)", "(func (param i31))",
                       "(func (param i32)", "(func (param i32) i32)", "(func (result i32) (param i32))",
                       "(func (param $x))(", "(func (param $x i32 i64))", "(func (params i32))",
                       "(struct (field i32))", "(func (param (ref i32)))", "(func (param (ref null)))",
                       "(func (param (ref null 0)))", "(func (param (ref (struct))))", "i32", "(func (param i32i32))",
                       "(func (param \"i32\"))", "(func (param funcref)) as $0", ")", "(((((((((((((("};
  int count = 0;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i)
    if (i != 4 && function(bad[i]).object)
      printf("\n%s", bad[i]), ++count;
  printf("\nmalformed: %d of %d\n", count, (int)(sizeof bad / sizeof *bad));
  printf("tags: %d %d %d\n", moat_make_tag(store, "(func (param i32))").object != NULL,
         moat_make_tag(store, "(func (result i32))").object != NULL,
         moat_make_tag(store, "(tag)").object != NULL);

  moat_error error;
  moat_import imports[2];
  memset(imports, 0, sizeof imports);
  imports[0] = moat_import_for(&guest__module, 0, function("(func(param $x i32)(result i32))"));
  imports[1] = moat_import_for(&guest__module, 1,
                               moat_make_function(store, "(func (result (ref null func)))", choose, NULL));
  guest__imports all;
  memset(&all, 0, sizeof all);
  all.others = imports;
  all.other_count = 2;
  made = guest__create(store, &all, &error);
  printf("spelled otherwise: %s, %u\n", made ? "linked" : error.text, made ? guest_apply(made, 6) : 0);

  moat_extern five = moat_find_export(guest__instance(made), "five"), forged = five;
  forged.kind = MOAT_MEMORY;
  moat_type_text(&forged, text, sizeof text);
  moat_extern table = guest_table(made);
  moat_extern forgedTable = table;
  forgedTable.kind = MOAT_GLOBAL;
  void *element;
  moat_value none;
  memset(&none, 0, sizeof none);
  printf("kinds: %d %d %d %d %d, %s, %d\n", moat_memory_base(&forged) != NULL, (int)moat_memory_size(&forged),
         moat_set_global(&forgedTable, none), moat_get_element(&forged, 0, &element),
         moat_get_global(&forgedTable).ref != NULL, text, moat_call(forged, &none, NULL) == MOAT_RETURNED);
  moat_import changed[2] = {imports[0], imports[1]};
  changed[0].provided.kind = MOAT_TAG;
  all.others = changed;
  if (!guest__create(store, &all, &error))
    printf("as an import: %s\n", error.text);

  moat_store *second = moat_create_store(NULL);
  moat_extern far = moat_make_function(second, "(func (result i32))", apply, NULL);
  void *own = moat_function_reference(&five), *foreign = moat_function_reference(&far);
  void *odd = (char *)own + 8;
  void *refused[] = {garbage, (void *)16, odd, foreign};
  printf("elements: %d %d", moat_set_element(&table, 0, own), moat_set_element(&table, 0, NULL));
  for (int i = 0; i < 4; ++i)
    printf(" %d", moat_set_element(&table, 0, refused[i]));
  moat_extern typed = guest_typed(made), other = moat_find_export(guest__instance(made), "other");
  printf("\nof a type: %d %d %d\n", moat_set_element(&typed, 0, own),
         moat_set_element(&typed, 0, moat_function_reference(&other)), moat_set_element(&typed, 0, NULL));
  printf("grown: %d %d\n", (int)moat_grow_table(&table, 0, own) == 2 ? 0 : 1,
         (int)moat_grow_table(&table, 1, garbage));
  printf("globals: %d %d %d, made:", guest_global__set(made, own), guest_global__set(made, garbage),
         guest_global__set(made, foreign));
  moat_value value = none;
  value.ref = own;
  printf(" %d", moat_make_global(store, MOAT_FUNCREF, true, value).object != NULL);
  value.ref = garbage;
  printf(" %d", moat_make_global(store, MOAT_FUNCREF, true, value).object != NULL);
  printf(" %d", moat_make_global(store, (moat_kind)(MOAT_EXTERNREF + 1), true, none).object != NULL);
  printf(" %d\n", moat_make_global(store, (moat_kind)-1, true, none).object != NULL);
  printf("function of: %d %d %d\n", moat_function_of(store, own).object == own,
         moat_function_of(store, garbage).object != NULL, moat_function_of(store, foreign).object != NULL);

  printf("arguments: ");
  showCall("call", own);
  printf(" | ");
  showCall("call", garbage);
  printf(" | ");
  showCall("call_typed", moat_function_reference(&other));
  printf("\nnull for a type without: ");
  showCall("call_typed", NULL);
  printf("\nresults: ");
  chosen = own;
  printf("%u | ", guest_chosen(made) + 1);
  chosen = garbage;
  showCall("chosen", NULL);
  printf("\nthrown: ");
  chosen = own;
  printf("%u | ", guest_catch(made) + 2);
  chosen = odd;
  showCall("catch", NULL);
  puts("");

  printf("limits: %d %d %d %d %d\n", moat_make_memory(store, 2, 1, false).object != NULL,
         moat_make_memory(store, UINT64_MAX, UINT64_MAX, false).object != NULL,
         moat_make_table(store, MOAT_FUNCREF, false, 2, 1).object != NULL,
         moat_make_table(store, MOAT_I32, false, 1, 1).object != NULL,
         moat_make_table(store, MOAT_FUNCREF, true, UINT64_MAX, UINT64_MAX).object != NULL);
  size_t nameSize, fieldSize;
  const char *name, *field;
  moat_import_at(&guest__module, 99, &name, &nameSize, &field, &fieldSize);
  printf("indices: %d %d %d %d\n", (int)nameSize, moat_make_import(store, &guest__module, 99, apply, NULL).object != NULL,
         moat_import_for(&guest__module, 99, five).provided.object != NULL,
         moat_export_at(guest__instance(made), 99, &name, &nameSize).object != NULL);
  moat_destroy_store(second);
  moat_destroy_store(store);
  return 0;
}
