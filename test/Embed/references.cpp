// References to the host's functions reach modules by globals and tables as well as by
// imports, and are called there: also those made after the module, and of a type that only it
// knows.
// Core 3.0, 4.6.12 Control Instructions, call_indirect.
//
// RUN: split-file %s %t && cd %t
// RUN: moat --emit=shared a.wat -o a.so
// RUN: %clangxx-host -fno-exceptions -fno-rtti -Wall -Wextra -Werror -O1 -I%source/runtime \
// RUN:   -rdynamic host.cpp %build/lib/libmoat.a -o host
// RUN: ./host | FileCheck %s

// CHECK:      by a global: 42
// CHECK-NEXT: by a table: 44
// CHECK-NEXT: of another type: indirect call type mismatch

//--- a.wat
(module
  (import "host" "global" (global $global funcref))
  (type $function (func (param i32) (result i32)))
  (table (export "table") 2 funcref)
  (func (export "call") (param i32 i32) (result i32)
    (table.set 0 (i32.const 0) (global.get $global))
    (call_indirect (type $function) (local.get 1) (local.get 0))))

//--- host.cpp
#include "Store/Store.h"
#include <cstdio>
#include <cstring>
#include <dlfcn.h>

using namespace moat;
using namespace moat::rt;

static void add(void *userData, abi::Value *values) {
  values[0].i32 += *static_cast<uint32_t *>(userData);
}

/// Prints what "call" gives for element \p index and the number 40.
static void call(Store &store, Instance &instance, const char *what, uint32_t index) {
  abi::Value values[2];
  memset(values, 0, sizeof values);
  values[0].i32 = index;
  values[1].i32 = 40;
  TrapRecord trap;
  if (store.invoke(findExport(instance, "call").function, values, trap))
    printf("%s: %u\n", what, values[0].i32);
  else
    printf("%s: %s\n", what, trapText(trap.kind));
}

int main() {
  void *library = dlopen("./a.so", RTLD_NOW);
  if (!library) {
    printf("%s\n", dlerror());
    return 1;
  }
  auto &module = *static_cast<const abi::ModuleDescriptor *>(dlsym(library, "moat_module"));
  Store &store = *Store::create({});
  uint32_t two = 2, four = 4;
  abi::Value value;
  memset(&value, 0, sizeof value);
  value.ref = store.makeFunction("(func (param i32) (result i32))", add, &two).function;
  Import import = {"host", "global", store.makeGlobal(abi::Kind::Func, true, false, value)};
  LinkError error;
  Instance *instance = store.instantiate(module, {&import, 1}, error);
  if (!instance) {
    printf("%s\n", error.text);
    return 1;
  }
  call(store, *instance, "by a global", 0);
  void **elements = findExport(*instance, "table").table->elements;
  elements[1] = store.makeFunction("(func (param i32) (result i32))", add, &four).function;
  call(store, *instance, "by a table", 1);
  elements[1] = store.makeFunction("(func (param i32))", add, &four).function;
  call(store, *instance, "of another type", 1);
  Store::destroy(&store);
}
