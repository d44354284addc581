// moat::WASI row by row as Node's class WASI: options, imports, start, initialize,
// finalizeBindings, and the errors by their names. Where ours is better, it shows:
// `unstable` with its real layouts, a sandbox that holds, bad pointers.
//
// RUN: split-file %s %t && cd %t && mkdir -p data && echo hello > data/greeting
// RUN: moat --emit=shared command.wat -o command.so
// RUN: moat --emit=shared reactor.wat -o reactor.so
// RUN: moat --emit=shared unstable.wat -o unstable.so
// RUN: %clangxx-host -Wall -Wextra -Werror -O1 -rdynamic host.cpp %build/lib/libmoat.a -o host
// RUN: env HOSTS=secret ./host | FileCheck %s
// RUN: not %clangxx-host -std=c++20 -fsyntax-only host.cpp 2>&1 | FileCheck %s --check-prefix=OLD
// OLD: error: "moat/WASI.h needs C++23 and its std::expected; moat/moat.h does not"
// RUN: %clangxx-host -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only host.cpp
// RUN: not ./host exit > exited.txt
// RUN: not grep returned exited.txt

// CHECK:      no version: ERR_INVALID_ARG_TYPE
// CHECK-NEXT: version 2: ERR_INVALID_ARG_VALUE: options.version: unsupported WASI version: 2
// CHECK-NEXT: stdin -1: ERR_OUT_OF_RANGE
// CHECK-NEXT: no such folder: ENOENT: cannot open directory ./nowhere: no such file or directory
// CHECK-NEXT: a NUL: ERR_INVALID_ARG_VALUE: options.args: a string holds a NUL byte
// CHECK-NEXT: a NUL: ERR_INVALID_ARG_VALUE: options.env: a string holds a NUL byte
// CHECK-NEXT: a NUL: ERR_INVALID_ARG_VALUE: options.preopens: a string holds a NUL byte
// CHECK-NEXT: a NUL: ERR_INVALID_ARG_VALUE: options.version: a string holds a NUL byte
// CHECK-NEXT: no trap: -1
// CHECK-NEXT: closed: EBADF: cannot use stderr: bad file descriptor
// CHECK-NEXT: no trap: -1
// CHECK-NEXT: before start: ERR_WASI_NOT_STARTED
// CHECK-NEXT: imports: 46 wasi_snapshot_preview1, 45 wasi_unstable
// CHECK-NEXT: start: exit code 0
// CHECK-NEXT: 2 arguments, 1 variable, NAME=value
// CHECK-NEXT: again: ERR_WASI_ALREADY_STARTED
// CHECK-NEXT: proc_exit: exit code 7
// CHECK-NEXT: default: 0 arguments, 0 variables
// CHECK-NEXT: trap: trap: unreachable
// CHECK-NEXT: a reactor started: ERR_INVALID_ARG_TYPE: instance.exports._start must be a function
// CHECK-NEXT: used up: ERR_WASI_ALREADY_STARTED
// CHECK-NEXT: no memory: ERR_INVALID_ARG_TYPE: instance.exports.memory must be a memory
// CHECK-NEXT: no instance: ERR_INVALID_ARG_TYPE
// CHECK-NEXT: a command initialized: ERR_INVALID_ARG_TYPE: instance.exports._start must be undefined
// CHECK-NEXT: initialize: 42
// CHECK-NEXT: finalizeBindings: 42
// CHECK-NEXT: bad pointer: errno 21
// CHECK-NEXT: read: hello
// CHECK-NEXT: outside: errno 63
// CHECK-NEXT: read only: errno 76
// CHECK-NEXT: seek of unstable: whence 2 is the start: errno 0
// CHECK-NEXT: replaced: 17
// CHECK-NEXT: another store: ERR_INVALID_ARG_VALUE

//--- command.wat
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $mode (export "mode") (mut i32) (i32.const 0))
  (func (export "_start")
    (drop (call $args (i32.const 0) (i32.const 4)))
    (drop (call $env (i32.const 8) (i32.const 12)))
    (drop (call $get (i32.const 16) (i32.const 32)))
    (if (i32.eq (global.get $mode) (i32.const 1)) (then (call $exit (i32.const 7))))
    (if (i32.eq (global.get $mode) (i32.const 2)) (then unreachable))))
//--- reactor.wat
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $ready (mut i32) (i32.const 0))
  (data (i32.const 100) "greeting") (data (i32.const 120) "../outside")
  (func (export "_initialize") (global.set $ready (i32.const 42)))
  (func (export "answer") (result i32) (global.get $ready))
  (func (export "random") (param i32) (result i32)
    (call $random (local.get 0) (i32.const 8)))
  (func (export "open") (param $path i32) (param $size i32) (param $oflags i32) (result i32)
    (call $open (i32.const 3) (i32.const 0) (local.get $path) (local.get $size)
      (local.get $oflags) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
  (func (export "read") (result i32)
    (i32.store (i32.const 16) (i32.const 200)) (i32.store (i32.const 20) (i32.const 5))
    (call $read (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i32.const 24))))
//--- unstable.wat
(module
  (import "wasi_unstable" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "seek") (result i32)
    (call $seek (i32.const 0) (i64.const 0) (i32.const 2) (i32.const 8))))
//--- host.cpp
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <moat/WASI.h>

static const moat_module_descriptor &load(const char *path) {
  void *library = dlopen(path, RTLD_NOW);
  if (!library)
    printf("%s\n", dlerror());
  return *static_cast<const moat_module_descriptor *>(dlsym(library, "moat_module"));
}

template <typename T>
static void show(const char *what, const T &result) {
  printf("%s: %s: %s\n", what, result.error().code.c_str(), result.error().text.c_str());
}

/// Calls an export that gives an i32.
static uint32_t call(moat_instance *instance, const char *name,
                     std::initializer_list<uint32_t> arguments = {}) {
  moat_value values[8] = {};
  size_t count = 0;
  for (uint32_t argument : arguments)
    values[count++].i32 = argument;
  moat_trap_info trap;
  if (moat_call(moat_find_export(instance, name), values, &trap) != MOAT_RETURNED)
    printf("%s: ended: %s\n", name, trap.text);
  return values[0].i32;
}

struct Made {
  moat::WASI wasi;
  moat_instance *instance;
};

static Made make(moat::Store &store, const moat_module_descriptor &module,
                 const moat::WASIOptions &options) {
  auto wasi = moat::WASI::create(store, options);
  if (!wasi)
    show("create", wasi);
  auto instance = store.instantiate(module, wasi->getImportObject());
  if (!instance)
    show("instantiate", instance);
  return {*wasi, *instance};
}

static void setMode(moat_instance *instance, uint32_t mode) {
  moat_extern global = moat_find_export(instance, "mode");
  moat_value value = {};
  value.i32 = mode;
  moat_set_global(&global, value);
}

static void answer(void *, moat_value *values) { values[0].i32 = 17; }

int main(int argc, char **) {
  setvbuf(stdout, nullptr, _IONBF, 0);
  const auto &command = load("./command.so"), &reactor = load("./reactor.so"),
             &unstable = load("./unstable.so");
  moat::Store store;
  moat::WASIOptions plain;
  plain.version = "preview1";
  if (argc > 1) {
    moat::WASIOptions exits = plain;
    exits.returnOnExit = false;
    Made made = make(store, command, exits);
    setMode(made.instance, 1);
    (void)made.wasi.start(made.instance);
    puts("returned");
    return 0;
  }
  show("no version", moat::WASI::create(store, {}));
  moat::WASIOptions wrong = plain;
  wrong.version = "2";
  show("version 2", moat::WASI::create(store, wrong));
  wrong = plain;
  wrong.stdinFd = -1;
  show("stdin -1", moat::WASI::create(store, wrong));
  wrong = plain;
  wrong.preopens = {{"/data", "./nowhere"}};
  show("no such folder", moat::WASI::create(store, wrong));
  const std::string cut("/data\0/sub", 10);
  show("a NUL", moat::WASI::create(store, {.version = "preview1", .args = {cut}}));
  show("a NUL", moat::WASI::create(store, {.version = "preview1", .env = {{"NAME", cut}}}));
  show("a NUL", moat::WASI::create(store, {.version = "preview1", .preopens = {{cut, "data"}}}));
  auto nul = moat::WASI::create(store, {.version = "preview1" + cut});
  show("a NUL", nul);
  printf("no trap: %d\n", nul.error().trap.kind);
  auto closed = moat::WASI::create(store, {.version = "preview1", .stderrFd = 999});
  show("closed", closed);
  printf("no trap: %d\n", closed.error().trap.kind);

  {
    Made made = make(store, reactor, plain);
    moat_value values[9] = {};
    moat_trap_info trap;
    moat_call(moat_find_export(made.instance, "random"), values, &trap);
    printf("before start: %s\n", trap.text);
    moat::WASIOptions old = plain;
    old.version = "unstable";
    auto other = moat::WASI::create(store, old);
    auto now = made.wasi.getImportObject(), then = other->getImportObject();
    printf("imports: %zu %s, %zu %s\n", now.size(), now[0].module, then.size(),
           then[0].module);
  }
  moat::WASIOptions full = plain;
  full.args = {"tool", "-v"};
  full.env = {{"NAME", "value"}};
  Made made = make(store, command, full);
  printf("start: exit code %d\n", made.wasi.start(made.instance).value_or(-1));
  moat_extern memory = moat_find_export(made.instance, "memory");
  uint32_t counts[3];
  char text[32] = {};
  moat_read_memory(&memory, 0, counts, sizeof counts);
  moat_read_memory(&memory, 32, text, sizeof text - 1);
  printf("%u arguments, %u variable, %s\n", counts[0], counts[2], text);
  show("again", made.wasi.start(made.instance));

  made = make(store, command, plain);
  setMode(made.instance, 1);
  printf("proc_exit: exit code %d\n", made.wasi.start(made.instance).value_or(-1));
  memory = moat_find_export(made.instance, "memory");
  moat_read_memory(&memory, 0, counts, sizeof counts);
  printf("default: %u arguments, %u variables\n", counts[0], counts[2]);

  made = make(store, command, plain);
  setMode(made.instance, 2);
  auto trapped = made.wasi.start(made.instance);
  printf("trap: %s", store.describe(trapped.error().trap).substr(0, 18).c_str());

  made = make(store, reactor, plain);
  show("a reactor started", made.wasi.start(made.instance));
  show("used up", made.wasi.initialize(made.instance));
  made = make(store, reactor, plain);
  moat_extern notMemory = moat_find_export(made.instance, "answer");
  show("no memory", made.wasi.finalizeBindings(made.instance, &notMemory));
  show("no instance", made.wasi.start(nullptr));
  made = make(store, command, plain);
  show("a command initialized", made.wasi.initialize(made.instance));

  moat::WASIOptions withData = plain;
  withData.preopens = {{"/data", "./data", true}};
  made = make(store, reactor, withData);
  if (auto done = made.wasi.initialize(made.instance); !done)
    show("initialize", done);
  printf("initialize: %u\n", call(made.instance, "answer"));
  Made bound = make(store, reactor, plain);
  memory = moat_find_export(bound.instance, "memory");
  if (auto done = bound.wasi.finalizeBindings(bound.instance, &memory); !done)
    show("finalizeBindings", done);
  call(bound.instance, "_initialize");
  printf("finalizeBindings: %u\n", call(bound.instance, "answer"));
  printf("bad pointer: errno %u\n", call(made.instance, "random", {65530}));
  call(made.instance, "open", {100, 8, 0});
  call(made.instance, "read");
  memory = moat_find_export(made.instance, "memory");
  moat_read_memory(&memory, 200, text, 5);
  printf("read: %.5s\n", text);
  printf("outside: errno %u\n", call(made.instance, "open", {120, 10, 0}));
  printf("read only: errno %u\n", call(made.instance, "open", {101, 7, 1}));

  moat::WASIOptions old = plain;
  old.version = "unstable";
  old.stdinFd = open("./data/greeting", O_RDONLY);
  made = make(store, unstable, old);
  (void)made.wasi.initialize(made.instance);
  printf("seek of unstable: whence 2 is the start: errno %u\n", call(made.instance, "seek"));

  // A function of the host's own in place of one.
  auto wasi = moat::WASI::create(store, plain);
  std::vector<moat_import> imports(wasi->getImportObject().begin(),
                                   wasi->getImportObject().end());
  imports.push_back({"wasi_snapshot_preview1", strlen("wasi_snapshot_preview1"), "random_get",
                     strlen("random_get"),
                     moat_make_function(store, "(func (param i32 i32) (result i32))", answer,
                                        nullptr)});
  auto instance = store.instantiate(reactor, imports);
  (void)wasi->initialize(*instance);
  printf("replaced: %u\n", call(*instance, "random", {0}));

  moat::Store second;
  auto foreign = moat::WASI::create(second, plain);
  show("another store", foreign->initialize(*instance));
}
