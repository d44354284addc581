// Instances of one module on several threads of a host program, a store each, share a memory that the
// first store's instance exports: atomics, waiting and notifying, and growth reach all of them; globals and
// traps are each instance's own. The memory outlives the store that made it.
// threads.md, Shared Linear Memory.
//
// RUN: split-file %s %t && cd %t
// RUN: wat2wasm --enable-threads --enable-multi-memory owner.wat -o owner.wasm
// RUN: wat2wasm --enable-threads worker.wat -o worker.wasm
// RUN: moat --emit=shared owner.wasm -o owner.so
// RUN: moat --emit=shared worker.wasm -o worker.so
// RUN: %clangxx-host -fno-exceptions -fno-rtti -Wall -Wextra -Werror -O1 -I%source/runtime \
// RUN:   -rdynamic host.cpp %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s
// RUN: moat --emit=shared --bounds=checked owner.wasm -o owner.so
// RUN: moat --emit=shared --bounds=checked worker.wasm -o worker.so
// RUN: ./host | FileCheck %s
//
// CHECK: counted: 8000
// CHECK-NEXT: own globals: 1000
// CHECK-NEXT: released: 8
// CHECK-NEXT: pages: 9
// CHECK-NEXT: traps: 8
// CHECK-NEXT: not shared: refused

//--- owner.wat
(module
  (memory (export "memory") 1 20 shared)
  (memory (export "own") 1 1)
  (func (export "size") (result i32) (memory.size))
  (func (export "load") (param i32) (result i32) (i32.atomic.load (local.get 0)))
  (func (export "release") (result i32)
    (i32.atomic.store (i32.const 4) (i32.const 1))
    (memory.atomic.notify (i32.const 4) (i32.const -1))))

//--- worker.wat
(module
  (import "env" "memory" (memory 1 20 shared))
  (global $steps (mut i32) (i32.const 0))
  (func (export "work") (result i32)
    (loop $next
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
      (br_if $next (i32.lt_u (global.get $steps) (i32.const 1000))))
    (global.get $steps))
  (func (export "sleep") (result i32)
    (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
    (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "touch") (param i32) (i32.store (local.get 0) (i32.const 1))))

//--- host.cpp
#include "Store/Store.h"
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <thread>
#include <vector>

using namespace moat;
using namespace moat::rt;

static const abi::ModuleDescriptor &load(const char *file) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    puts(dlerror()), exit(1);
  return *static_cast<const abi::ModuleDescriptor *>(dlsym(library, "moat_module"));
}

static uint32_t call(Store &store, Instance &instance, const char *name,
                     uint32_t argument = 0, bool *trapped = nullptr) {
  abi::Value values[1] = {};
  values[0].i32 = argument;
  TrapRecord trap;
  bool returned = store.invoke(findExport(instance, name).function, values, trap);
  if (!returned && !trapped)
    printf("%s: %s\n", name, trapText(trap.kind)), exit(1);
  if (trapped)
    *trapped = !returned;
  return values[0].i32;
}

int main() {
  constexpr int threadCount = 8;
  const abi::ModuleDescriptor &ownerModule = load("./owner.so");
  const abi::ModuleDescriptor &workerModule = load("./worker.so");
  Store *store = Store::create({});
  LinkError error;
  Instance *owner = store->instantiate(ownerModule, {}, error);
  if (!owner)
    puts(error.text), exit(1);
  Extern memory = findExport(*owner, "memory");
  std::atomic<unsigned> globals = 0, woken = 0, traps = 0, left = threadCount;
  std::vector<std::thread> threads;
  for (int i = 0; i != threadCount; ++i)
    threads.emplace_back([&] {
      Store *own = Store::create({});
      LinkError error;
      Import imports[] = {{"env", "memory", own->share(memory)}};
      Instance *worker = own->instantiate(workerModule, imports, error);
      if (!worker)
        puts(error.text), exit(1);
      globals += call(*own, *worker, "work") == 1000;
      call(*own, *worker, "grow");
      bool trapped;
      call(*own, *worker, "touch", 20 << 16, &trapped);
      traps += trapped;
      woken += call(*own, *worker, "sleep") != 2;
      --left;
      Store::destroy(own);
    });
  while (call(*store, *owner, "load", 8) != threadCount)
    std::this_thread::yield();
  while (left) // one may not sleep yet
    call(*store, *owner, "release"), std::this_thread::yield();
  for (std::thread &thread : threads)
    thread.join();
  printf("counted: %u\n", call(*store, *owner, "load", 0));
  printf("own globals: %u\n", globals * 125);
  printf("released: %u\n", woken.load());
  printf("pages: %u\n", call(*store, *owner, "size"));
  printf("traps: %u\n", traps.load());
  Store *second = Store::create({});
  printf("not shared: %s\n",
         second->share(findExport(*owner, "own")) ? "taken" : "refused");
  // What it was shared with keeps it.
  Import imports[] = {{"env", "memory", second->share(memory)}};
  Instance *last = second->instantiate(workerModule, imports, error);
  Store::destroy(store);
  if (call(*second, *last, "grow") != 9)
    puts("the memory is gone");
  Store::destroy(second);
}
