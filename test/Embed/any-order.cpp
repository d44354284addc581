// Host programs that do what a host may do in any order, by chance: calls nested in calls, of several
// stores, protected, direct and on the host's stack; traps, exceptions of both languages' kinds, limits
// and interruptions by signal in the middle; instances and stores made in callbacks. Nothing must break,
// and each frame has run its destructors, unless a trap left it. And 1,000 threads at once.
//
// RUN: split-file %s %t && cd %t
// RUN: %assemble guest.wat guest.wasm && moat guest.wasm --emit=archive -o libguest.a
// RUN: %clangxx-host -std=c++23 -Wall -Wextra -Werror -O1 chance.cpp libguest.a %build/lib/libmoat.a \
// RUN:   -pthread -o chance
// RUN: ./chance 20 | FileCheck %s --check-prefix=CHANCE
// RUN: %clangxx-host -std=c++23 -O1 -fsanitize=address chance.cpp libguest.a %build/lib/libmoat.a \
// RUN:   -pthread -o sanitized
// RUN: ./sanitized 5 | FileCheck %s --check-prefix=CHANCE
// CHANCE: done, some returned, trapped and threw
//
// RUN: %clang-host -std=gnu11 -Wall -Wextra -Werror -O1 many.c libguest.a %build/lib/libmoat.a \
// RUN:   -pthread -o many
// RUN: ./many | FileCheck %s --check-prefix=MANY
// MANY: 1000 threads, 4000 traps, 4000 exceptions, 10 interrupted
//
// RUN: %clangxx-host -std=c++23 -Wall -Wextra -Werror -O1 odd.cpp libguest.a %build/lib/libmoat.a \
// RUN:   -pthread -o odd
// RUN: ./odd | FileCheck %s --check-prefix=ODD
// ODD:      stacks: 1 1 0 0 0
// ODD-NEXT: in moat_protect: uncaught, destroyed 1
// ODD-NEXT: pthread_exit: ended, destroyed 1, again 1
// ODD-NEXT: pthread_cancel: ended, destroyed 1, again 1
// ODD-NEXT: in a start function: uncaught exception while instantiating
// RUN: not ./odd destroy 2>&1 | FileCheck %s --check-prefix=DESTROY
// DESTROY: moat: a store was destroyed by a function that it was calling
// RUN: not ./odd stray 2>&1 | FileCheck %s --check-prefix=STRAY
// STRAY: moat: exception outside of any call into a module
// RUN: not --crash ./odd fail 2>&1 | FileCheck %s --check-prefix=FAIL
// FAIL: moat: moat_fail outside of any call into a module: no reason
// RUN: not --crash ./odd pass 2>&1 | FileCheck %s --check-prefix=PASS
// PASS: moat: moat_pass_on outside of any call into a module

//--- guest.wat
(module
  (type $fn (func (param i32) (result i32)))
  (import "host" "call" (func $call (param i32) (result i32)))
  (import "host" "tag" (tag $tag (param i32)))
  (import "host" "starts" (global $starts i32))
  (memory (export "memory") 1 100)
  (table (export "table") 4 100 funcref)
  (func $id (export "id") (param i32) (result i32) (local.get 0))
  (func $pass (export "pass") (param i32) (result i32) (call $call (local.get 0)))
  (func (export "catch") (param i32) (result i32)
    (block $h (result i32)
      (return (try_table (result i32) (catch $tag $h) (call $call (local.get 0))))))
  (func (export "throw") (param i32) (result i32) (throw $tag (local.get 0)))
  (func $fall (export "fall") (param i32) (result i32) (unreachable))
  (func (export "spin") (param i32) (result i32) (loop $l (br $l)) (unreachable))
  (func (export "outside") (param i32) (result i32) (i32.load (i32.const -4)))
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "indirect") (param i32) (result i32)
    (call_indirect (type $fn) (i32.const 7) (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "growTable") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
  (func $start (if (global.get $starts) (then (drop (call $call (i32.const 1))))))
  (start $start)
  (elem (i32.const 0) func $id $pass $fall))
//--- chance.cpp
#include "guest.h"
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <moat/Exception.h>
#include <random>
#include <sys/time.h>
#include <vector>

struct Plugin;
struct World {
  std::mt19937 random;
  std::vector<std::unique_ptr<Plugin>> plugins;
  int depth = 0, steps = 0;
  uint32_t pick(size_t count) { return random() % count; }
  Plugin &any() { return *plugins[pick(plugins.size())]; }
};
struct Plugin {
  World &world;
  moat_store *store;
  moat_extern tag;
  std::vector<guest *> instances;
  guest *any() { return instances[world.pick(instances.size())]; }
  ~Plugin() { moat_destroy_store(store); }
};

static moat_pool *pool;
static std::atomic<moat_store *> interrupted;
static long endings[8];
static void step(Plugin &plugin, moat_value *values);

/// As deep as the world lets it, and with what C++ may throw turned into the guest's.
static void callStep(Plugin &plugin, moat_value *values) {
  World &world = plugin.world;
  if (++world.steps > 300 || world.depth > 12)
    return;
  moat_trap_info trap;
  try {
    struct Depth {
      int &depth;
      explicit Depth(int &depth) : depth(++depth) {}
      ~Depth() { --depth; }
    } depth(world.depth);
    step(plugin, values);
    return;
  } catch (const moat::Exception &thrown) {
    moat_throw(thrown.tag(), thrown.values().data());
  } catch (const moat::CallError &error) {
    trap = error.info();
  }
  moat_pass_on(&trap);
}

static uint32_t plain(void *context, uint32_t number) {
  moat_value values[1] = {{.i32 = number}};
  callStep(*static_cast<Plugin *>(context), values);
  return values[0].i32;
}

static void instantiate(Plugin &plugin, bool isPlain) {
  guest__imports imports = {};
  imports.host__tag = plugin.tag;
  imports.context = &plugin;
  imports.host__starts = moat_make_global(plugin.store, MOAT_I32, false, {.i32 = 0});
  moat_import made = {};
  if (isPlain) {
    imports.host__call = plain;
  } else {
    made = moat_import_for(&guest__module, 0,
                           moat::makeFunction(plugin.store, "(func (param i32) (result i32))",
                                              [&plugin](moat_value *values) { step(plugin, values); }));
    imports.others = &made;
    imports.other_count = 1;
  }
  moat_error error;
  guest *instance = guest__create(plugin.store, &imports, &error);
  if (instance)
    plugin.instances.push_back(instance);
  else if (error.kind != MOAT_NO_RESOURCES && error.kind != MOAT_START_FAILED)
    puts(error.text), abort();
}

static Plugin &makePlugin(World &world) {
  moat_store_options options = {.stack_bytes = 1 << 17,
                                .memory_bytes = 8 << 20,
                                .table_elements = 1000,
                                .call_time_ns = 5000000,
                                .heap_bytes = 16 << 20,
                                .pool = world.pick(2) ? pool : nullptr};
  moat_store *store = moat_create_store(&options);
  if (!store)
    abort();
  world.plugins.push_back(std::unique_ptr<Plugin>(
      new Plugin{world, store, moat_make_tag(store, "(func (param i32))"), {}}));
  Plugin &plugin = *world.plugins.back();
  instantiate(plugin, true);
  return plugin;
}

static moat_extern anyExport(Plugin &plugin) {
  static const char *const names[] = {"id",   "pass",  "pass",    "catch",    "catch", "pass",
                                      "fall", "throw", "outside", "indirect", "grow",  "growTable"};
  World &world = plugin.world;
  const char *name = names[world.pick(12)];
  uint32_t rare = world.pick(60);
  if (rare < 2)
    name = rare ? "spin" : "deep";
  return moat_find_export(guest__instance(plugin.any()), name);
}

static moat_ending callAny(Plugin &plugin, moat_trap_info *trap) {
  moat_value values[1] = {{.i32 = plugin.world.pick(10)}};
  moat_ending ending = moat_call(anyExport(plugin), values, trap);
  ++endings[ending];
  char text[300];
  if (ending != MOAT_RETURNED)
    moat_describe_trap(plugin.store, trap, text, sizeof text);
  return ending;
}

/// What a function of the host may do.
static void step(Plugin &plugin, moat_value *values) {
  World &world = plugin.world;
  std::vector<int> owned(10, 7); // would leak, but for its destructor
  moat_trap_info trap;
  // Traps leave frames as longjmp(3) does: nothing may be owned where one passes.
  auto disown = [&] { std::vector<int>().swap(owned); };
  switch (world.pick(15)) {
  case 0:
    moat_throw(plugin.tag, values);
  case 1:
    throw moat::Exception(plugin.tag, {values[0]});
  case 2:
    callAny(plugin, &trap);
    break;
  case 3:
    callAny(world.any(), &trap);
    break;
  case 4:
    values[0].i32 = guest_throw(plugin.any(), 3);
    break;
  case 5:
    disown();
    values[0].i32 = world.pick(2) ? guest_pass(plugin.any(), 4) : guest_catch(plugin.any(), 4);
    break;
  case 6: // into another store
    disown();
    values[0].i32 = guest_pass(world.any().any(), 4);
    break;
  case 7:
    disown();
    try {
      guest_pass(plugin.any(), 1);
    } catch (...) {
      if (world.pick(2))
        throw;
    }
    break;
  case 8:
    disown();
    moat_call_on_host_stack(
        [](void *argument) {
          Plugin &plugin = *static_cast<Plugin *>(argument);
          moat_value values[1] = {{.i32 = 5}};
          moat_trap_info trap;
          if (plugin.world.pick(2))
            moat_throw(plugin.tag, values);
          callAny(plugin, &trap);
          guest_pass(plugin.any(), 2);
        },
        &plugin);
    break;
  case 9:
    if (plugin.instances.size() < 6)
      instantiate(plugin, world.pick(2));
    break;
  case 10: {
    moat_extern table = guest_table(plugin.any()), own = anyExport(plugin),
                foreign = anyExport(world.any());
    moat_set_element(&table, world.pick(6), moat_function_reference(world.pick(2) ? &own : &foreign));
    break;
  }
  case 11:
    if (world.plugins.size() < 20)
      callAny(makePlugin(world), &trap);
    break;
  case 12:
    if (callAny(plugin, &trap) == MOAT_THREW && world.pick(2))
      throw moat::Exception(moat_exception_tag(plugin.store, &trap),
                            {moat_exception_values(&trap, nullptr), 1});
    if (trap.ending == MOAT_THREW) {
      disown();
      moat_pass_on(&trap);
    }
    break;
  case 13:
    moat::call(anyExport(plugin), values);
    break;
  case 14:
    moat_interrupt(world.any().store);
    break;
  }
}

static void run(uint32_t seed) {
  World world;
  world.random.seed(seed);
  for (int i = 0; i < 3; ++i)
    makePlugin(world);
  for (int round = 0; round < 30; ++round) {
    world.steps = world.depth = 0;
    interrupted = world.plugins[0]->store;
    moat_trap_info trap;
    callAny(world.any(), &trap);
    // A store goes while others hold what came out of it.
    while (world.plugins.size() > 6)
      world.plugins.erase(world.plugins.begin() + 1 + world.pick(world.plugins.size() - 1));
  }
  interrupted = nullptr;
}

int main(int, char **arguments) {
  pool = moat_create_pool(4, 4);
  struct sigaction action = {};
  action.sa_handler = [](int) {
    if (moat_store *store = interrupted)
      moat_interrupt(store);
  };
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigaction(SIGALRM, &action, nullptr);
  itimerval timer = {{0, 3000}, {0, 3000}};
  setitimer(ITIMER_REAL, &timer, nullptr);
  for (int seed = 0; seed < atoi(arguments[1]); ++seed)
    run(seed);
  moat_destroy_pool(pool);
  if (endings[MOAT_RETURNED] && endings[MOAT_TRAPPED] && endings[MOAT_THREW])
    puts("done, some returned, trapped and threw");
}
//--- many.c
#include "guest.h"
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { THREADS = 1000 };
static moat_pool *pool;
static long traps, exceptions, interrupted;
static moat_store *spinning[THREADS];

static uint32_t call(void *context, uint32_t number) {
  moat_value values[1];
  values[0].i32 = number;
  moat_throw(*(moat_extern *)context, values);
}

static void *run(void *argument) {
  long index = (long)argument;
  moat_store_options options = {.stack_bytes = 65536, .pool = pool};
  moat_store *store = moat_create_store(&options);
  moat_extern tag = moat_make_tag(store, "(func (param i32))");
  moat_value zero = {.i32 = 0};
  guest__imports imports = {.context = &tag, .host__call = call, .host__tag = tag,
                            .host__starts = moat_make_global(store, MOAT_I32, false, zero)};
  moat_error error;
  guest *instance = guest__create(store, &imports, &error);
  if (!instance)
    return puts(error.text), NULL;
  uint32_t result;
  moat_trap_info trap;
  for (int i = 0; i < 2; ++i) {
    __atomic_add_fetch(&traps, guest_outside__try(instance, 0, &result, &trap) == MOAT_TRAPPED, 0);
    __atomic_add_fetch(&traps, guest_deep__try(instance, 0, &result, &trap) == MOAT_TRAPPED, 0);
    __atomic_add_fetch(&exceptions, guest_pass__try(instance, 3, &result, &trap) == MOAT_THREW, 0);
    __atomic_add_fetch(&exceptions,
                       guest_catch__try(instance, 3, &result, &trap) == MOAT_RETURNED && result == 3, 0);
  }
  if (index % 100 == 1) {
    __atomic_store_n(&spinning[index], store, __ATOMIC_RELEASE);
    guest_spin__try(instance, 0, &result, &trap);
    __atomic_add_fetch(&interrupted, trap.kind == MOAT_TRAP_Interrupted, 0);
    // The main thread may still have it in hand: it destroys it.
    return NULL;
  }
  moat_destroy_store(store);
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  pthread_attr_t small;
  pool = moat_create_pool(100, 100);
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 131072);
  int made = 0;
  while (made < THREADS && !pthread_create(&threads[made], &small, run, (void *)(long)made))
    ++made;
  for (int i = 0; i < made; ++i) {
    moat_store *store = NULL;
    while (i % 100 == 1 && !(store = __atomic_load_n(&spinning[i], __ATOMIC_ACQUIRE)))
      usleep(1000);
    // It may not spin yet.
    while (store && !moat_interrupt(store))
      usleep(100);
    pthread_join(threads[i], NULL);
    moat_destroy_store(store);
  }
  moat_destroy_pool(pool);
  printf("%d threads, %ld traps, %ld exceptions, %ld interrupted\n", made, traps, exceptions, interrupted);
  return 0;
}
//--- odd.cpp
#include "guest.h"
#include <cstdio>
#include <cstring>
#include <pthread.h>
#include <unistd.h>

enum { Return, Throw, Exit, Wait, Destroy } mode;
static moat_store *store;
static moat_extern tag;
static guest *instance;
static int destroyed;

struct Counted {
  ~Counted() { ++destroyed; }
};

static uint32_t call(void *, uint32_t number) {
  Counted counted;
  moat_value values[1] = {{.i32 = number}};
  if (mode == Throw)
    moat_throw(tag, values);
  if (mode == Exit)
    pthread_exit(nullptr);
  while (mode == Wait)
    pause();
  if (mode == Destroy)
    moat_destroy_store(store);
  return number;
}

static guest *make(uint32_t starts, moat_error *error) {
  guest__imports imports = {};
  imports.host__call = call;
  imports.host__tag = tag;
  imports.host__starts = moat_make_global(store, MOAT_I32, false, {.i32 = starts});
  return guest__create(store, &imports, error);
}

static void showThread(const char *what) {
  pthread_t thread;
  destroyed = 0;
  pthread_create(&thread, nullptr, [](void *) -> void * {
    guest_pass__try(instance, 1, new uint32_t, new moat_trap_info);
    return &destroyed;
  }, nullptr);
  if (mode == Wait) {
    usleep(50000);
    pthread_cancel(thread);
  }
  void *result;
  pthread_join(thread, &result);
  mode = Return;
  uint32_t number;
  printf("%s: %s, destroyed %d, again %d\n", what, result == &destroyed ? "returned" : "ended", destroyed,
         guest_pass__try(instance, 1, &number, nullptr) == MOAT_RETURNED);
}

int main(int argc, char **argv) {
  setvbuf(stdout, nullptr, _IONBF, 0);
  printf("stacks:");
  const uint64_t sizes[] = {1, 100000, UINT64_MAX, UINT64_MAX - 70000, uint64_t(1) << 45};
  for (uint64_t bytes : sizes) {
    moat_store_options options = {.stack_bytes = bytes};
    moat_store *made = moat_create_store(&options);
    printf(" %d", made != nullptr);
    moat_destroy_store(made);
  }
  puts("");
  store = moat_create_store(nullptr);
  tag = moat_make_tag(store, "(func (param i32))");
  moat_error error;
  instance = make(0, &error);
  moat_trap_info trap;
  uint32_t number;
  if (argc > 1 && strcmp(argv[1], "fail") == 0)
    moat_fail(1, "no reason");
  if (argc > 1 && strcmp(argv[1], "pass") == 0) {
    moat_trap_info trapped = {};
    moat_pass_on(&trapped);
  }
  if (argc > 1 && strcmp(argv[1], "stray") == 0)
    moat_throw(tag, nullptr);
  if (argc > 1) {
    mode = Destroy;
    guest_pass__try(instance, 1, &number, &trap);
  }
  int32_t kind = moat_protect(guest__instance(instance), [](void *) {
    Counted counted;
    moat_value values[1] = {};
    moat_throw(tag, values);
  }, nullptr, &trap);
  printf("in moat_protect: %s, destroyed %d\n", kind == MOAT_UNCAUGHT_EXCEPTION ? "uncaught" : "?", destroyed);
  mode = Exit;
  showThread("pthread_exit");
  mode = Wait;
  showThread("pthread_cancel");
  mode = Throw;
  if (!make(1, &error))
    printf("in a start function: %s\n", error.text);
  moat_destroy_store(store);
}
