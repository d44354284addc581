// Exceptions between hosts and guests: functions of the host throw (moat_throw, moat::Exception)
// with tags of their own and of instances; frames of C++ between two of the guest's are unwound,
// with destructors and `catch (...)`, whether they were called on the guest's stack or left it; what
// nobody catches reaches the caller of the export, with its values.
// Core 3.0, 4.6.13 Control Instructions, try_table, throw.
//
// RUN: split-file %s %t && cd %t
// RUN: %assemble guest.wat guest.wasm && moat guest.wasm --emit=archive -o libguest.a
// RUN: %clangxx-host -std=c++23 -Wall -Wextra -Werror -O1 -fPIC -shared library.cpp -o liblibrary.so
// RUN: %clangxx-host -std=c++23 -Wall -Wextra -Werror -O1 host.cpp libguest.a \
// RUN:   %build/lib/libmoat.a ./liblibrary.so -o host
// RUN: ./host | FileCheck %s
// RUN: %clangxx-host -std=c++23 -O0 -static host.cpp library.cpp libguest.a %build/lib/libmoat.a -o static
// RUN: ./static | FileCheck %s
// RUN: %clangxx-host -std=c++23 -O1 -fsanitize=address host.cpp library.cpp libguest.a \
// RUN:   %build/lib/libmoat.a -o sanitized
// RUN: ./sanitized | FileCheck %s

// CHECK:      moat_throw: caught 107
// CHECK-NEXT: moat_throw: uncaught, host's tag, 7 100, at function 2
// CHECK-NEXT: direct: caught 107, destroyed 2
// CHECK-NEXT: direct: uncaught, host's tag, 7 100, at function 4, destroyed 2
// CHECK-NEXT: library: caught 107, destroyed 2
// CHECK-NEXT: moat::Exception: caught 107, destroyed 2
// CHECK-NEXT: moat::call: caught 107, destroyed 2
// CHECK-NEXT: catch (...): returned 5, destroyed 1
// CHECK-NEXT: catch and throw on: caught 107, destroyed 2
// CHECK-NEXT: catch and throw on: uncaught, host's tag, 7 100, destroyed 2
// CHECK-NEXT: host's stack: caught 107, destroyed 2
// CHECK-NEXT: host's stack: uncaught, host's tag, 7 100, at function 2, destroyed 2
// CHECK-NEXT: in a handler: caught 107, destroyed 1
// CHECK-NEXT: collecting: caught 107, destroyed 2
// CHECK-NEXT: a tag that the guest does not know: uncaught, another tag
// CHECK-NEXT: the same in catch_all: returned 33
// CHECK-NEXT: the instance's tag: caught 1007
// CHECK-NEXT: trap of an inner call: integer divide by zero, destroyed 2
// CHECK-NEXT: no tag: moat_throw: not a tag of the guest's store
// CHECK-NEXT: another store's tag: moat_throw: not a tag of the guest's store
// CHECK-NEXT: no values: moat_throw: the values are missing
// CHECK-NEXT: of C++: a function of the host threw an exception of C++, destroyed 1
// CHECK-NEXT: another store's exception: uncaught, another tag
// CHECK-NEXT: the same passed on: uncaught, another tag
// CHECK-NEXT: 500 levels: caught 107, destroyed 500
// CHECK-NEXT: afterwards: caught 107
// CHECK-NEXT: caught in C++: 1, 7 100

//--- guest.wat
(module
  (import "host" "tag" (tag $tag (param i32 i64)))
  (import "host" "call" (func $call (param i32) (result i32)))
  (tag $own (export "own") (param i32))
  (func (export "catch") (param i32) (result i32)
    (block $own_h (result i32)
      (block $h (result i32 i64)
        (return (try_table (result i32) (catch $tag $h) (catch $own $own_h)
          (call $call (local.get 0)))))
      (return (i32.add (i32.wrap_i64))))
    (i32.add (i32.const 1000)))
  (func (export "pass") (param i32) (result i32) (call $call (local.get 0)))
  (func (export "catch_all") (param i32) (result i32)
    (block $h (return (try_table (result i32) (catch_all $h) (call $call (local.get 0)))))
    (i32.const 33))
  (func (export "throw") (param i32) (throw $tag (local.get 0) (i64.const 100)))
  (func (export "divide") (param i32) (drop (i32.div_s (i32.const 1) (local.get 0))))
  ;; Throws and catches so many exceptions.
  (func (export "churn") (param i32)
    (loop $l
      (block $h (result i32 i64)
        (try_table (catch $tag $h) (throw $tag (i32.const 1) (i64.const 2)))
        (unreachable))
      (drop) (drop)
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
//--- library.cpp
// A frame of C++ in a library of its own.
struct Counted {
  int &count;
  ~Counted() { ++count; }
};
void callFromLibrary(void (*called)(void *), void *argument, int &count) {
  Counted counted{count};
  called(argument);
}
//--- host.cpp
#include "guest.h"
#include <cstdio>
#include <functional>
#include <moat/Exception.h>
#include <stdexcept>

void callFromLibrary(void (*called)(void *), void *argument, int &count);

static int destroyed;
struct Counted {
  ~Counted() { ++destroyed; }
};

static moat_store *store;
static moat_extern hostTag;
static guest *instance;
static std::function<void(moat_value *)> action;

static void callAction(void *, moat_value *values) {
  Counted counted;
  action(values);
}

/// A C callback: nothing of C++ in it.
static bool isPlain;
static moat_extern plainTag;
static bool hasValues = true;
static uint32_t call(void *context, uint32_t number) {
  moat_value values[2];
  values[0].i32 = number;
  values[1].i64 = 100;
  if (isPlain)
    moat_throw(plainTag, hasValues ? values : nullptr);
  callAction(context, values);
  return values[0].i32;
}

static void show(const char *what, moat_extern function, bool showsDestroyed = true) {
  moat_value values[1] = {{.i32 = 7}};
  moat_trap_info trap;
  destroyed = 0;
  moat_ending ending = moat_call(function, values, &trap);
  printf("%s: ", what);
  if (ending == MOAT_RETURNED)
    printf("%s %u", values[0].i32 > 100 ? "caught" : "returned", values[0].i32);
  if (ending == MOAT_TRAPPED || ending == MOAT_FAILED)
    printf("%s", trap.text);
  if (ending == MOAT_THREW) {
    size_t count;
    const moat_value *thrown = moat_exception_values(&trap, &count);
    bool isHosts = moat_exception_tag(store, &trap).object == hostTag.object;
    printf("uncaught, %s", isHosts ? "host's tag" : "another tag");
    if (isHosts && count == 2)
      printf(", %u %u", thrown[0].i32, (unsigned)thrown[1].i64);
    uint32_t index = 0;
    for (uint32_t i = 0; i < trap.frame_count && isHosts && !index; ++i)
      moat_function_name(guest__instance(instance), trap.frames[i], &index);
    if (index)
      printf(", at function %u", index);
  }
  if (showsDestroyed && destroyed)
    printf(", destroyed %d", destroyed);
  puts("");
}

static void run(const char *what, const char *name, std::function<void(moat_value *)> body) {
  isPlain = false;
  action = body;
  show(what, moat_find_export(guest__instance(instance), name));
}

static void plain(const char *what, const char *name, moat_extern tag) {
  isPlain = true;
  plainTag = tag;
  show(what, moat_find_export(guest__instance(instance), name));
}

static guest *make(moat_store *of, moat_extern tag, moat_extern function = {}) {
  guest__imports imports = {};
  moat_error error;
  imports.host__tag = tag;
  imports.host__call = function.object ? nullptr : call;
  moat_import other = moat_import_for(&guest__module, 1, function);
  imports.others = &other;
  imports.other_count = 1;
  guest *made = guest__create(of, &imports, &error);
  if (!made)
    puts(error.text);
  return made;
}

int main(int argc, char **) {
  setvbuf(stdout, nullptr, _IONBF, 0);
  moat_store_options options = {.stresses_heap = argc == 1}; // the rest are defaults, no warning
  store = moat_create_store(&options);
  hostTag = moat_make_tag(store, "(func (param i32 i64))");
  instance = make(store, hostTag);
  if (!instance)
    return 1;

  plain("moat_throw", "catch", hostTag);
  plain("moat_throw", "pass", hostTag);
  auto direct = [](moat_value *values) {
    Counted counted;
    guest_throw(instance, values[0].i32);
  };
  run("direct", "catch", direct);
  run("direct", "pass", direct);
  run("library", "catch", [](moat_value *values) {
    callFromLibrary(
        [](void *argument) { guest_throw(instance, static_cast<moat_value *>(argument)->i32); },
        values, destroyed);
  });

  // A function made of a callable.
  std::function<void(moat_value *)> body = [](moat_value *values) {
    Counted counted, another;
    throw moat::Exception(hostTag, {values[0], {.i64 = 100}});
  };
  moat_extern function = moat::makeFunction(store, "(func (param i32) (result i32))",
                                            [&](moat_value *values) { body(values); });
  guest *other = make(store, hostTag, function);
  moat_extern catches = moat_find_export(guest__instance(other), "catch");
  show("moat::Exception", catches);
  body = [](moat_value *values) {
    Counted counted, another;
    moat::call(moat_find_export(guest__instance(instance), "throw"), values);
  };
  show("moat::call", catches);

  run("catch (...)", "catch", [](moat_value *values) {
    try {
      guest_throw(instance, 1);
    } catch (...) {
      values[0].i32 = 5;
    }
  });
  auto throwsOn = [](moat_value *values) {
    Counted counted;
    try {
      guest_throw(instance, values[0].i32);
    } catch (...) {
      guest_churn(instance, 10);
      throw;
    }
  };
  run("catch and throw on", "catch", throwsOn);
  // The place where it was thrown is gone.
  run("catch and throw on", "pass", throwsOn);
  auto onHostStack = [](moat_value *values) {
    auto body = [](void *argument) {
      Counted counted;
      moat_throw(hostTag, static_cast<moat_value *>(argument));
    };
    moat_call_on_host_stack(body, values);
  };
  run("host's stack", "catch", onHostStack);
  run("host's stack", "pass", onHostStack);
  run("in a handler", "catch", [](moat_value *values) {
    try {
      throw std::runtime_error("mine");
    } catch (const std::runtime_error &) {
      moat_throw(hostTag, values);
    }
  });
  run("collecting", "catch", [](moat_value *values) {
    struct Churns : Counted {
      ~Churns() { guest_churn(instance, 1000); }
    } churns;
    moat_throw(hostTag, values);
  });

  moat_extern unknown = moat_make_tag(store, "(func)");
  plain("a tag that the guest does not know", "catch", unknown);
  plain("the same in catch_all", "catch_all", unknown);
  plain("the instance's tag", "catch", guest_own(instance));
  body = [](moat_value *) {
    Counted counted, another;
    moat_value zero = {.i32 = 0};
    moat::call(moat_find_export(guest__instance(instance), "divide"), &zero);
  };
  show("trap of an inner call", catches);
  plain("no tag", "catch", function);
  moat_store *second = moat_create_store(nullptr);
  moat_extern secondTag = moat_make_tag(second, "(func (param i32 i64))");
  plain("another store's tag", "catch", secondTag);
  hasValues = false;
  plain("no values", "catch", hostTag);
  hasValues = true;
  body = [](moat_value *) {
    Counted counted;
    throw std::runtime_error("mine");
  };
  show("of C++", catches);

  guest *far = make(second, secondTag);
  moat_value seven = {.i32 = 7};
  action = [&](moat_value *) { guest_throw(far, 7); };
  isPlain = false;
  show("another store's exception", moat_find_export(guest__instance(instance), "catch_all"), false);
  action = [&](moat_value *) {
    moat_trap_info trap;
    guest_throw__try(far, 7, &trap);
    moat_pass_on(&trap);
  };
  show("the same passed on", moat_find_export(guest__instance(instance), "catch_all"), false);

  int levels = 500;
  run("500 levels", "catch", [&](moat_value *values) {
    if (--levels)
      guest_pass(instance, values[0].i32);
    else
      guest_throw(instance, values[0].i32);
  });
  plain("afterwards", "catch", hostTag);
  try {
    moat::call(moat_find_export(guest__instance(instance), "throw"), &seven);
  } catch (const moat::Exception &thrown) {
    printf("caught in C++: %d, %u %u\n", thrown.is(hostTag), thrown.values()[0].i32,
           (unsigned)thrown.values()[1].i64);
  }
  moat_destroy_store(second);
  moat_destroy_store(store);
}
