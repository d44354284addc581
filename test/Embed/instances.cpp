// Instances in a host program: linking with the types checked, traps as values, host
// functions, and calls that go back and forth between the host and modules of two stores.
// Core 3.0, 4.5.3 (external typing), 4.7.3 (instantiation), 4.7.4 (invocation).
//
// RUN: split-file %s %t && cd %t
// RUN: moat --emit=shared a.wat -o a.so
// RUN: moat --emit=shared b.wat -o b.so
// RUN: %clangxx-host -fno-exceptions -fno-rtti -Wall -Wextra -Werror -O1 -I%source/runtime \
// RUN:   -rdynamic host.cpp %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s
// RUN: ulimit -s unlimited
// RUN: ./host | FileCheck %s

// CHECK:      b alone: unlinkable: unknown import: "a" "memory": wanted (memory 1)
// CHECK-NEXT: wrong function: unlinkable: incompatible import type: "a" "divide": wanted (func (param i32 i32) (result i32)), found (func (param i64))
// CHECK-NEXT: checked memory: unlinkable: incompatible import type: "a" "memory": wanted (memory 1), found (memory 1): the memory is one of --bounds=checked, the module is not
// CHECK-NEXT: b: fine
// CHECK-NEXT: b again: trapped: trap while instantiating: out of bounds memory access
// CHECK-NEXT: divide 7 2: 3
// CHECK-NEXT: divide 7 0: integer divide by zero, 1 frame or more: divide
// CHECK-NEXT: in a helper: out of bounds table access, called by fill
// CHECK-NEXT: recur: call stack exhausted
// CHECK-NEXT: load past the end: out of bounds memory access
// CHECK-NEXT: shared memory: 42
// CHECK-NEXT: global: 5
// CHECK-NEXT: through the table: 12
// CHECK-NEXT: host called with 30
// CHECK-NEXT: inner: integer divide by zero
// CHECK-NEXT: host returned 31
// CHECK-NEXT: host trapped: cast failure
// CHECK-NEXT: two stores, to and fro: 20
// CHECK-NEXT: a trap at the bottom: integer divide by zero
// CHECK-NEXT: threads: 4000 traps
// CHECK-NEXT: the host's own handler: called
// CHECK-NEXT: stores: 200

//--- a.wat
(module
  (import "host" "twice" (func $host (param i32) (result i32)))
  (memory (export "memory") 1 10)
  (table (export "table") 2 funcref)
  (global (export "global") (mut i32) (i32.const 5))
  (func $divide (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func $recur (export "recur") (param i32) (result i32)
    (i32.add (call $recur (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "call") (param i32) (result i32)
    (i32.add (call $host (local.get 0)) (i32.const 1)))
  (func (export "wrong") (param i64))
  (func $fill (export "fill") (table.fill 0 (i32.const 5) (ref.null func) (i32.const 10)))
  (elem (i32.const 0) $divide))

//--- b.wat
(module
  (import "a" "memory" (memory 1))
  (import "a" "divide" (func $divide (param i32 i32) (result i32)))
  (import "a" "table" (table 1 funcref))
  (import "a" "global" (global $g (mut i32)))
  (type $binary (func (param i32 i32) (result i32)))
  (func $store (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func $multiply (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1)))
  (func (export "indirect") (param i32 i32 i32) (result i32)
    (call_indirect (type $binary) (local.get 1) (local.get 2) (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const -1)))
  (elem (i32.const 1) $multiply)
  (func $check (if (i32.eq (i32.load (i32.const 65532)) (i32.const 99))
    (then (drop (i32.load (i32.const 0xffffffff))))))
  (start $check))

//--- host.cpp
#include "Store/Store.h"
#include "moat/moat.h"
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <initializer_list>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

using namespace moat;
using namespace moat::rt;

static const abi::ModuleDescriptor &load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    printf("%s\n", dlerror());
  return *static_cast<abi::ModuleDescriptor *>(dlsym(library, "moat_module"));
}

static const char *describe(const LinkError &error) {
  switch (error.kind) {
  case LinkError::None:
    return "fine";
  case LinkError::BadModule:
    return "bad module: ";
  case LinkError::Unlinkable:
    return "unlinkable: ";
  case LinkError::Resources:
    return "resources: ";
  case LinkError::Trapped:
    return "trapped: ";
  }
  return "";
}

static abi::Value i32(uint32_t number) {
  abi::Value value = {};
  value.i32 = number;
  return value;
}

struct Outcome {
  bool isTrap;
  uint32_t result;
  TrapRecord trap;
  const char *text() const { return isTrap ? trapText(trap.kind) : "returned"; }
};

static Outcome call(Store &store, Instance &instance, const char *name,
                    std::initializer_list<uint32_t> arguments) {
  abi::Value values[8] = {};
  size_t count = 0;
  for (uint32_t argument : arguments)
    values[count++] = i32(argument);
  Extern function = findExport(instance, name);
  Outcome outcome = {};
  outcome.isTrap = !store.invoke(function.function, values, outcome.trap);
  outcome.result = values[0].i32;
  return outcome;
}

struct World {
  Store *store;
  Instance *a;
  World *other = nullptr;
  int mode = 0;
};

enum { Report, TrapItself, ToAndFro, ToAndFroTrap };

/// The function that module a imports.
static void twice(void *userData, abi::Value *values) {
  World &world = *static_cast<World *>(userData);
  uint32_t number = values[0].i32;
  if (world.mode == TrapItself)
    moat_trap(static_cast<uint32_t>(Trap::CastFailure));
  if (world.mode == ToAndFro || world.mode == ToAndFroTrap) {
    if (number == 0) {
      if (world.mode == ToAndFroTrap) {
        Outcome divided = call(*world.store, *world.a, "divide", {1, 0});
        if (divided.isTrap)
          moat_trap(static_cast<uint32_t>(divided.trap.kind));
      }
      values[0] = i32(0);
      return;
    }
    Outcome outcome = call(*world.other->store, *world.other->a, "call", {number - 1});
    if (outcome.isTrap)
      moat_trap(static_cast<uint32_t>(outcome.trap.kind));
    values[0] = i32(outcome.result);
    return;
  }
  printf("host called with %u\n", number);
  Outcome inner = call(*world.store, *world.a, "divide", {1, 0});
  printf("inner: %s\n", inner.text());
  values[0] = i32(number);
}

static World makeWorld(const abi::ModuleDescriptor &module, World &place) {
  place.store = Store::create({});
  Extern host = place.store->makeFunction("(func (param i32) (result i32))", twice, &place);
  Import imports[] = {{"host", "twice", host}};
  LinkError error;
  place.a = place.store->instantiate(module, imports, error);
  if (!place.a)
    printf("a: %s%s\n", describe(error), error.text);
  return place;
}

static void *trapOften(void *module) {
  World world;
  makeWorld(*static_cast<const abi::ModuleDescriptor *>(module), world);
  uintptr_t traps = 0;
  for (int i = 0; i < 1000; ++i) {
    Outcome outcome = i % 500 == 0 ? call(*world.store, *world.a, "recur", {0})
                                   : call(*world.store, *world.a, "load", {0xfffffff0});
    traps += outcome.isTrap;
  }
  Store::destroy(world.store);
  return reinterpret_cast<void *>(traps);
}

static sigjmp_buf backFromHandler;
static void hostHandler(int) { siglongjmp(backFromHandler, 1); }

int main() {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  struct sigaction action = {};
  action.sa_handler = hostHandler;
  sigaction(SIGSEGV, &action, nullptr);

  const abi::ModuleDescriptor &moduleA = load("./a.so"), &moduleB = load("./b.so");
  World world;
  makeWorld(moduleA, world);
  Store &store = *world.store;
  Instance &a = *world.a;
  LinkError error;
  store.instantiate(moduleB, {}, error);
  printf("b alone: %s%s\n", describe(error), error.text);

  Import imports[] = {{"a", "memory", findExport(a, "memory")},
                      {"a", "divide", findExport(a, "divide")},
                      {"a", "table", findExport(a, "table")},
                      {"a", "global", findExport(a, "global")}};
  imports[1].provided = findExport(a, "wrong");
  store.instantiate(moduleB, imports, error);
  printf("wrong function: %s%s\n", describe(error), error.text);
  imports[1].provided = findExport(a, "divide");
  StoreOptions unguarded;
  unguarded.prefersUnguarded = true;
  Store *checkedStore = Store::create(unguarded);
  abi::LimitsDescriptor onePage = {};
  onePage.minimum = 1;
  onePage.maximum = UINT64_MAX;
  onePage.pageSizeLog2 = 16;
  Import first = imports[0];
  imports[0].provided = checkedStore->makeMemory(onePage);
  store.instantiate(moduleB, imports, error);
  printf("checked memory: %s%s\n", describe(error), error.text);
  Store::destroy(checkedStore);
  imports[0] = first;

  Instance *b = store.instantiate(moduleB, imports, error);
  printf("b: %s%s\n", describe(error), error.text);
  if (!b)
    return 1;
  auto bytes = a.memory().slice(65532, 4);
  (*bytes)[0] = 99;
  store.instantiate(moduleB, imports, error);
  printf("b again: %s%s\n", describe(error), error.text);

  Outcome outcome = call(store, a, "divide", {7, 2});
  printf("divide 7 2: %u\n", outcome.result);
  outcome = call(store, a, "divide", {7, 0});
  uint32_t index;
  printf("divide 7 0: %s, %s frame or more: %s\n", outcome.text(),
         outcome.trap.depth ? "1" : "no",
         functionNameAt(moduleA, outcome.trap.frames[0], index));
  outcome = call(store, a, "fill", {});
  const char *caller = nullptr;
  for (uint32_t i = 0; !caller && i < outcome.trap.frameCount; ++i)
    caller = functionNameAt(moduleA, outcome.trap.frames[i], index);
  printf("in a helper: %s, called by %s\n", outcome.text(), caller ? caller : "nobody");
  printf("recur: %s\n", call(store, a, "recur", {0}).text());
  printf("load past the end: %s\n", call(store, a, "load", {65533}).text());
  (void)call(store, *b, "store", {8, 42});
  printf("shared memory: %u\n", call(store, a, "load", {8}).result);
  printf("global: %u\n", findExport(a, "global").global->i32);
  printf("through the table: %u\n", call(store, *b, "indirect", {1, 3, 4}).result);
  outcome = call(store, a, "call", {30});
  printf("host returned %u\n", outcome.result);
  world.mode = TrapItself;
  printf("host trapped: %s\n", call(store, a, "call", {30}).text());

  World second;
  makeWorld(moduleA, second);
  world.other = &second;
  second.other = &world;
  world.mode = second.mode = ToAndFro;
  printf("two stores, to and fro: %u\n", call(store, a, "call", {19}).result);
  world.mode = second.mode = ToAndFroTrap;
  printf("a trap at the bottom: %s\n", call(store, a, "call", {19}).text());

  pthread_t threads[4];
  for (pthread_t &thread : threads)
    pthread_create(&thread, nullptr, trapOften, const_cast<abi::ModuleDescriptor *>(&moduleA));
  uintptr_t traps = 0;
  for (pthread_t thread : threads) {
    void *result;
    pthread_join(thread, &result);
    traps += reinterpret_cast<uintptr_t>(result);
  }
  printf("threads: %zu traps\n", static_cast<size_t>(traps));

  if (sigsetjmp(backFromHandler, 1) == 0)
    *static_cast<volatile int *>(mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                                      -1, 0)) = 1;
  printf("the host's own handler: called\n");

  // Every store gives its address space back: 200 of them at once would be 1.6 TiB, which
  // fits; 40,000 would not.
  int made = 0;
  for (int round = 0; round < 200; ++round) {
    World each;
    makeWorld(moduleA, each);
    made += each.a != nullptr;
    Store::destroy(each.store);
  }
  printf("stores: %d\n", made);
  Store::destroy(second.store);
  Store::destroy(&store);
}
