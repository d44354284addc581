// A pool of memories and stacks: a store that gets another one's finds zeroes only, in memory,
// in what it grows by and on the stack, whatever was written there; sizes and maximums are its
// own; no more is kept than the limit says; pools and stores go in any order; threads share
// one. Pages that the host has locked, which the system does not empty, are not kept.
//
// RUN: split-file %s %t && cd %t
// RUN: moat --emit=archive plugin.wat -o libplugin.a && moat --emit=archive small.wat -o libsmall.a
// RUN: %clang-host -std=gnu11 -Wall -Wextra -Werror -O1 host.c libplugin.a libsmall.a \
// RUN:   %build/lib/libmoat.a -pthread -o host
// RUN: ./host | FileCheck %s
// RUN: %clang-host -std=gnu11 -O1 -fsanitize=address host.c libplugin.a libsmall.a \
// RUN:   %build/lib/libmoat.a -pthread -o asan
// RUN: ./asan | FileCheck %s
// RUN: %clangxx-host -Wall -Wextra -Werror -O1 owner.cpp libsmall.a %build/lib/libmoat.a -o owner
// RUN: ./owner

// CHECK:      used: 65536 words set, 40000 or more on the stack
// CHECK-NEXT: the same memory: 1, the same stack: 1
// CHECK-NEXT: next: 0 words set, 0 on the stack, 1 page, grown to 4: 0 words set, to 5: -1
// CHECK-NEXT: past the end: out of bounds memory access
// CHECK-NEXT: a smaller one: 1 page of its own, to 2: -1, past the end: out of bounds memory access
// CHECK-NEXT: 4 MiB, left full: 0 words set
// CHECK-NEXT: left by a trap on a host's frame: 0 on the stack
// CHECK-NEXT: locked: 0 words set
// CHECK-NEXT: another stack: a smaller one traps first
// CHECK-NEXT: shared: 7 in the other store, 0 later
// CHECK-NEXT: kept of 5: 2
// CHECK-NEXT: kept of none: 0
// CHECK-NEXT: kept after the pool: 0
// CHECK-NEXT: threads: 0 words set

//--- plugin.wat
(module
  (import "host" "look" (func $look (param i32)))
  (memory (export "memory") 1 64)
  (func (export "fill") (local $at i32)
    (drop (memory.grow (i32.const 3)))
    (loop $next
      (i32.store (local.get $at) (i32.const 0x5ec2e75e))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536))))))
  (func (export "count") (result i32) (local $at i32) (local $found i32)
    (loop $next
      (local.set $found (i32.add (local.get $found)
        (i32.ne (i32.load (local.get $at)) (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
    (local.get $found))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func $deep (export "deep") (param i32 i64) (result i64)
    (if (result i64) (local.get 0)
      (then (i64.add (local.get 1)
        (call $deep (i32.sub (local.get 0) (i32.const 1)) (local.get 1))))
      (else (i64.const 0))))
  (func (export "look") (param i32) (call $look (local.get 0))))
//--- small.wat
(module (memory (export "memory") 1 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
//--- host.c
#include "plugin.h"
#include "small.h"
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#define SECRET 0x5ec2e75ec2e75ec2

static uint32_t foundCount;
static uintptr_t seenStack;
static moat_trap_info trap;

// Runs on the guest's stack: what is below it was the guest's.
__attribute__((no_sanitize("address"))) static void look(void *context, uint32_t mode) {
  const uint64_t *here = __builtin_frame_address(0);
  (void)context;
  foundCount = 0;
  seenStack = (uintptr_t)here >> 16;
  for (size_t i = 64; i < (4 << 20) / sizeof(uint64_t); ++i)
    foundCount += *(const volatile uint64_t *)(here - i) == SECRET;
  if (mode == 1) {
    volatile uint64_t secrets[1000];
    for (int i = 0; i < 1000; ++i)
      secrets[i] = SECRET;
    moat_trap(MOAT_TRAP_Unreachable);
  }
}

static moat_store *makeStore(moat_pool *pool, uint64_t stackBytes) {
  moat_store_options options;
  memset(&options, 0, sizeof options);
  options.pool = pool;
  options.stack_bytes = stackBytes;
  return moat_create_store(&options);
}

static plugin *makePlugin(moat_store *store) {
  plugin__imports imports;
  moat_error error;
  memset(&imports, 0, sizeof imports);
  imports.host__look = look;
  plugin *made = plugin__create(store, &imports, &error);
  if (!made)
    puts(error.text);
  return made;
}

static uint32_t countWords(plugin *instance) {
  uint32_t count = 0;
  plugin_count__try(instance, &count, &trap);
  return count;
}

static uint32_t countOnStack(plugin *instance) {
  plugin_look__try(instance, 0, &trap);
  return foundCount;
}

static int32_t growBy(plugin *instance, uint32_t pages) {
  uint32_t result = 0;
  plugin_grow__try(instance, pages, &result, &trap);
  return (int32_t)result;
}

/** Of all that the process has mapped, in units of a memory's reservation. */
static long mappedMemories(void) {
  long kilobytes = 0;
  char line[200];
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    sscanf(line, "VmSize: %ld", &kilobytes);
  if (status)
    fclose(status);
  return (kilobytes + (4 << 20)) / (8 << 20);
}

static void makeMany(moat_pool *pool, int count) {
  moat_store *stores[8];
  for (int i = 0; i < count; ++i)
    makePlugin(stores[i] = makeStore(pool, 0));
  for (int i = 0; i < count; ++i)
    moat_destroy_store(stores[i]);
}

static void *useOften(void *pool) {
  uintptr_t found = 0;
  for (int i = 0; i < 300; ++i) {
    moat_store *store = makeStore(pool, 0);
    plugin *instance = makePlugin(store);
    uint8_t *bytes = plugin_memory__base(instance);
    for (size_t at = 0; at < 65536; at += 64)
      found += bytes[at] != 0;
    memset(bytes, 1, 65536);
    moat_destroy_store(store);
  }
  return (void *)found;
}

int main(void) {
  moat_pool *pool = moat_create_pool(2, 2);
  setvbuf(stdout, NULL, _IONBF, 0);
  moat_store *store = makeStore(pool, 0);
  plugin *instance = makePlugin(store);
  uint64_t sum;
  plugin_fill__try(instance, &trap);
  plugin_deep__try(instance, 50000, SECRET, &sum, &trap);
  uint32_t words = countWords(instance), onStack = countOnStack(instance);
  printf("used: %u words set, %s on the stack\n", words, onStack >= 40000 ? "40000 or more" : "few");
  uint8_t *base = plugin_memory__base(instance);
  uintptr_t stack = seenStack;
  moat_destroy_store(store);

  store = makeStore(pool, 0);
  instance = makePlugin(store);
  onStack = countOnStack(instance);
  printf("the same memory: %d, the same stack: %d\n", plugin_memory__base(instance) == base,
         seenStack == stack);
  printf("next: %u words set, %u on the stack, %d page", countWords(instance), onStack,
         (int)(plugin_memory__size(instance) >> 16));
  uint32_t result;
  if (plugin_load__try(instance, 65536, &result, &trap) == MOAT_RETURNED)
    puts("not its own");
  growBy(instance, 3);
  printf(", grown to 4: %u words set, to 5: %d\n", countWords(instance), growBy(instance, 61));
  plugin_load__try(instance, 4 << 16, &result, &trap);
  printf("past the end: %s\n", trap.text);
  moat_destroy_store(store);

  store = makeStore(pool, 0);
  small *other = small__create(store, NULL, NULL);
  small_grow__try(other, 1, &result, &trap);
  small_load__try(other, 65536, &result, &trap);
  printf("a smaller one: %d page of its own, to 2: %d, past the end: %s\n",
         (int)(small_memory__size(other) >> 16), (int)result, trap.text);
  moat_destroy_store(store);

  for (int round = 0; round < 2; ++round) {
    store = makeStore(pool, 0);
    instance = makePlugin(store);
    growBy(instance, 63);
    if (round)
      printf("4 MiB, left full: %u words set\n", countWords(instance));
    memset(plugin_memory__base(instance), 1, plugin_memory__size(instance));
    plugin_look__try(instance, 1, &trap);
    moat_destroy_store(store);
  }
  store = makeStore(pool, 0);
  instance = makePlugin(store);
  printf("left by a trap on a host's frame: %u on the stack\n", countOnStack(instance));
  memset(plugin_memory__base(instance), 1, 65536);
  mlock(plugin_memory__base(instance), 65536);
  moat_destroy_store(store);
  store = makeStore(pool, 0);
  printf("locked: %u words set\n", countWords(makePlugin(store)));
  moat_destroy_store(store);

  store = makeStore(pool, 64 << 10);
  plugin_deep__try(makePlugin(store), 50000, 1, &sum, &trap);
  printf("another stack: %s\n", trap.kind == MOAT_TRAP_StackExhausted ? "a smaller one traps first" : "?");
  moat_destroy_store(store);

  store = makeStore(pool, 0);
  moat_store *second = makeStore(pool, 0);
  moat_extern memory = moat_make_memory(store, 1, 2, true);
  moat_extern shared = moat_share_memory(second, &memory);
  uint32_t seven = 7, found = 0;
  moat_write_memory(&memory, 100, &seven, sizeof seven);
  moat_destroy_store(store);
  moat_read_memory(&shared, 100, &found, sizeof found);
  printf("shared: %u in the other store", found);
  moat_destroy_store(second);
  store = makeStore(pool, 0);
  memory = moat_make_memory(store, 1, 2, false);
  moat_read_memory(&memory, 100, &found, sizeof found);
  printf(", %u later\n", found);
  moat_destroy_store(store);
  moat_destroy_pool(pool);

  long before = mappedMemories();
  pool = moat_create_pool(2, 1);
  makeMany(pool, 5);
  printf("kept of 5: %ld\n", mappedMemories() - before);
  moat_pool *none = moat_create_pool(0, 0);
  long beforeNone = mappedMemories();
  makeMany(none, 5);
  printf("kept of none: %ld\n", mappedMemories() - beforeNone);
  moat_destroy_pool(none);
  store = makeStore(pool, 0);
  makePlugin(store);
  moat_destroy_pool(pool);
  moat_destroy_store(store);
  printf("kept after the pool: %ld\n", mappedMemories() - before);
  moat_destroy_pool(NULL);

  pool = moat_create_pool(3, 3);
  pthread_t threads[4];
  uintptr_t all = 0;
  for (int i = 0; i < 4; ++i)
    pthread_create(&threads[i], NULL, useOften, pool);
  for (int i = 0; i < 4; ++i) {
    void *each;
    pthread_join(threads[i], &each);
    all += (uintptr_t)each;
  }
  printf("threads: %u words set\n", (unsigned)all);
  moat_destroy_pool(pool);
  return 0;
}
//--- owner.cpp
#include "moat/WASI.h"
#include "small.h"

int main() {
  moat::Pool pool(4, 4);
  uint8_t *bases[2] = {};
  for (uint8_t *&base : bases) {
    moat::Store store(pool);
    auto *instance = small__create(store, nullptr, nullptr);
    base = small_memory__base(instance);
  }
  return bases[0] && bases[0] == bases[1] ? 0 : 1;
}
