// The public C interface alone: imports, calls, traps, exits and exceptions as values, limits
// of memory, tables and time, and an interruption by another thread, of loops that touch no
// memory and of those that call the host. Nothing leaks.
//
// RUN: split-file %s %t && cd %t
// RUN: moat --emit=shared p.wat -o p.so
// RUN: %clang-host -std=gnu11 -Wall -Wextra -pedantic -Werror -O1 -rdynamic host.c \
// RUN:   %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s
// RUN: %clang-host -std=gnu11 -O1 -fsanitize=address -rdynamic host.c %build/lib/libmoat.a -o asan
// RUN: ./asan | FileCheck %s

// CHECK:      missing: unknown import: "host" "log": wanted (func (param i32))
// CHECK-NEXT: wrong: incompatible import type: "host" "log": wanted (func (param i32)), found (func (param i64))
// CHECK-NEXT: foreign: import "host" "log" is of another store: a store shares nothing
// CHECK-NEXT: no type: 0, no function: 0, no tag: 0
// CHECK-NEXT: exports: memory table counter oops divide
// CHECK-NEXT: 7 / 2 = 3
// CHECK-NEXT: trap: integer divide by zero
// CHECK-NEXT: at divide (function 1)
// CHECK:      memory: 1 page, then -1, then 1
// CHECK-NEXT: table: 2, then -1, then 2
// CHECK-NEXT: element: 0, set to a function of its own: 1, of another kind: 0
// CHECK-NEXT: global: 5, then 6
// CHECK-NEXT: written 1, read 1 of 9, past the end 0
// CHECK-NEXT: threw oops: 7 8
// CHECK-NEXT: failed: 3, host says no
// CHECK-NEXT: host, guest, host, guest: integer divide by zero
// CHECK-NEXT: interrupted: interrupted
// CHECK-NEXT: interrupted: interrupted
// CHECK-NEXT: interrupted: interrupted
// CHECK-NEXT: nobody to interrupt: 0
// CHECK-NEXT: in time: 3
// CHECK-NEXT: late: time limit exceeded
// CHECK-NEXT: too large: the memory is larger than the store's limit
// CHECK-NEXT: no store: ERR_INVALID_ARG_TYPE: store is missing
// CHECK-NEXT: no such export: nothing, 0 parameters, of 0 bytes, call: null function reference
// CHECK-NEXT: made and destroyed: 1000

//--- p.wat
(module
  (import "host" "log" (func $log (param i32)))
  (memory (export "memory") 1 100)
  (table (export "table") 2 100 funcref)
  (global (export "counter") (mut i32) (i32.const 5))
  (tag $t (export "oops") (param i32 i64))
  (func $divide (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "spin") (loop $l (br $l)))
  (func (export "spinlog") (loop $l (call $log (i32.const 1)) (br $l)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "tgrow") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0)))
  (func (export "throw") (throw $t (i32.const 7) (i64.const 8)))
  (func (export "spinhost") (call $log (i32.const 2)))
  (func (export "log") (param i32) (call $log (local.get 0))))

//--- host.c
#include <dlfcn.h>
#include <moat/moat.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static moat_instance *plugin;
static moat_trap_info trap;

static moat_ending call(const char *name, moat_value *values) {
  memset(&trap, 0, sizeof trap);
  return moat_call(moat_find_export(plugin, name), values, &trap);
}

static int32_t callWith(const char *name, uint32_t a, uint32_t b) {
  moat_value values[2] = {{.i32 = a}, {.i32 = b}};
  call(name, values);
  return (int32_t)values[0].i32;
}

static void logNumber(void *context, moat_value *values) {
  (void)context;
  if (values[0].i32 == 99)
    moat_fail(3, "host says no");
  if (values[0].i32 == 98) {
    callWith("divide", 1, 0);
    moat_trap((uint32_t)trap.kind);
  }
  if (values[0].i32 == 2)
    usleep(200000);
}

static void *interruptLater(void *store) {
  usleep(30000);
  moat_interrupt(store);
  return NULL;
}

static moat_extern makeLog(moat_store *store, const char *type) {
  return moat_make_function(store, type, logNumber, NULL);
}

static moat_instance *make(moat_store *store, const moat_module_descriptor *module,
                           moat_extern log, moat_error *error) {
  moat_import imports[] = {{"host", 4, "log", 3, log}};
  return moat_instantiate(store, module, imports, log.object ? 1 : 0, error);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  void *library = dlopen("./p.so", RTLD_NOW);
  if (!library)
    return puts(dlerror()), 1;
  const moat_module_descriptor *module = dlsym(library, "moat_module");
  moat_store_options limits = {.memory_bytes = 3 << 16, .table_elements = 10};
  moat_store *store = moat_create_store(&limits), *other = moat_create_store(NULL);
  moat_error error;
  moat_extern none = {0};
  make(store, module, none, &error);
  printf("missing: %s\n", error.text);
  make(store, module, makeLog(store, "(func (param i64))"), &error);
  printf("wrong: %s\n", error.text);
  make(store, module, makeLog(other, "(func (param i32))"), &error);
  printf("foreign: %s\n", error.text);
  moat_destroy_store(other);
  plugin = make(store, module, makeLog(store, "(func (param i32))"), &error);
  if (!plugin)
    return puts(error.text), 1;

  printf("no type: %d, no function: %d, no tag: %d\n",
         moat_make_function(store, NULL, logNumber, NULL).object != NULL,
         moat_make_function(store, "(func)", NULL, NULL).object != NULL,
         moat_make_tag(store, NULL).object != NULL);
  printf("exports:");
  for (size_t i = 0; i < 5 && i < moat_export_count(plugin); ++i) {
    const char *name;
    size_t size;
    moat_export_at(plugin, i, &name, &size);
    printf(" %.*s", (int)size, name);
  }
  printf("\n7 / 2 = %d\n", callWith("divide", 7, 2));
  callWith("divide", 7, 0);
  char text[1000];
  moat_describe_trap(store, &trap, text, sizeof text);
  puts(text);

  moat_extern memory = moat_find_export(plugin, "memory");
  printf("memory: %u page, then %d, then %d\n", (unsigned)(moat_memory_size(&memory) >> 16),
         callWith("grow", 3, 0), callWith("grow", 2, 0));
  moat_extern table = moat_find_export(plugin, "table"), divide = moat_find_export(plugin, "divide");
  printf("table: %u, then %d, then %d\n", (unsigned)moat_table_size(&table),
         callWith("tgrow", 9, 0), callWith("tgrow", 8, 0));
  void *element = store;
  bool isThere = moat_get_element(&table, 0, &element);
  printf("element: %d, set to a function of its own: %d, of another kind: %d\n",
         isThere && element != NULL,
         moat_set_element(&table, 0, moat_function_reference(&divide)),
         moat_set_element(&memory, 0, NULL));
  moat_extern counter = moat_find_export(plugin, "counter");
  moat_value number = moat_get_global(&counter);
  printf("global: %u", number.i32++);
  moat_set_global(&counter, number);
  printf(", then %u\n", moat_get_global(&counter).i32);
  char byte = 9;
  bool isWritten = moat_write_memory(&memory, 5, &byte, 1);
  byte = 0;
  bool isRead = moat_read_memory(&memory, 5, &byte, 1);
  printf("written %d, read %d of %d, past the end %d\n", isWritten, isRead, byte,
         moat_read_memory(&memory, moat_memory_size(&memory), &byte, 1));

  moat_value values[4];
  if (call("throw", values) == MOAT_THREW) {
    size_t count;
    const moat_value *thrown = moat_exception_values(&trap, &count);
    bool isOops = moat_exception_tag(store, &trap).object == moat_find_export(plugin, "oops").object;
    printf("threw %s: %u %u\n", isOops && count == 2 ? "oops" : "something", thrown[0].i32,
           (unsigned)thrown[1].i64);
  }
  callWith("log", 99, 0);
  printf("failed: %u, %s\n", trap.exit_code, trap.text);
  callWith("log", 98, 0);
  printf("host, guest, host, guest: %s\n", trap.text);

  static const char *const loops[] = {"spin", "spinlog", "spinhost"};
  for (int i = 0; i < 3; ++i) {
    pthread_t thread;
    pthread_create(&thread, NULL, interruptLater, store);
    call(loops[i], values);
    pthread_join(thread, NULL);
    printf("interrupted: %s\n", trap.text);
  }
  printf("nobody to interrupt: %d\n", moat_interrupt(store));
  moat_destroy_store(store);

  limits.call_time_ns = 30000000;
  store = moat_create_store(&limits);
  plugin = make(store, module, makeLog(store, "(func (param i32))"), &error);
  printf("in time: %d\n", callWith("divide", 7, 2));
  call("spin", values);
  printf("late: %s\n", trap.text);
  moat_destroy_store(store);

  limits.memory_bytes = 1;
  store = moat_create_store(&limits);
  make(store, module, makeLog(store, "(func (param i32))"), &error);
  printf("too large: %s\n", error.text);
  moat_destroy_store(store);

  moat_instantiate(NULL, module, NULL, 0, &error);
  printf("no store: %s: %s\n", error.code, error.text);
  store = moat_create_store(NULL);
  plugin = make(store, module, makeLog(store, "(func (param i32))"), &error);
  none = moat_find_export(plugin, "nothing of that name");
  size_t parameterCount = 9;
  moat_type_text(&none, text, sizeof text);
  moat_function_arity(&none, &parameterCount, NULL);
  call("nothing of that name", values);
  printf("no such export: %s, %zu parameters, of %u bytes, call: %s\n", text, parameterCount,
         (unsigned)moat_memory_size(&none), trap.text);
  moat_destroy_store(store);

  int made = 0;
  for (int i = 0; i < 1000; ++i) {
    store = moat_create_store(NULL);
    made += make(store, module, makeLog(store, "(func (param i32))"), &error) != NULL;
    moat_destroy_store(store);
  }
  printf("made and destroyed: %d\n", made);
  return 0;
}
