// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// WASI for modules of a host program: an object with descriptors, arguments and
// environment of its own, whose functions are imports like any others. It is
// shaped like Node's class WASI, error by error (README.md has the table).
//
// The functions are those that executables link (Wasi/Imports.cpp,
// Wasi/Unstable.cpp). They get an instance whose runtime side is the object's,
// with the memory that start(), initialize() or finalizeBindings() bound.

#include "Capability/Preopen.h"
#include "Embed.h"
#include "Host/Host.h"
#include "Message.h"
#include "Wasi/Functions.h"
#include <cstdlib>
#include <iterator>
#include <new>
#include <utility>

using namespace moat;
using namespace moat::rt;

using wasi::I32;
using wasi::I64;

#define RESULT_I32 uint32_t
#define RESULT_None void
#define WASI(name, result, ...)                                                \
  extern "C" RESULT_##result moat_import_wasi_snapshot_preview1__##name(       \
      abi::Instance *__VA_OPT__(, ) __VA_ARGS__);
#include "moat/abi/WasiFunctions.def"
#define WASI(name, result, ...)                                                \
  extern "C" RESULT_##result moat_import_wasi_unstable__##name(                \
      abi::Instance *__VA_OPT__(, ) __VA_ARGS__);
#define WASI_SINCE_PREVIEW1(...)
#include "moat/abi/WasiFunctions.def"

namespace {

/// A WASI function: what compiled code of executables calls, how it is called
/// with values, and its type.
struct Row {
  const char *name;
  void (*code)();
  void (*call)(abi::Instance *instance, void (*code)(), abi::Value *values);
  void (*type)(Message &text);
};

template <typename T>
T argument(const abi::Value &value) {
  if constexpr (sizeof(T) == 4)
    return value.i32;
  else
    return value.i64;
}

template <typename Result, typename... Parameters>
struct Shape {
  using Code = Result (*)(abi::Instance *, Parameters...);

  template <size_t... index>
  static Result callWith(abi::Instance *instance, void (*code)(),
                         const abi::Value *values,
                         std::index_sequence<index...>) {
    return reinterpret_cast<Code>(code)(instance,
                                        argument<Parameters>(values[index])...);
  }

  static void call(abi::Instance *instance, void (*code)(),
                   abi::Value *values) {
    constexpr auto indices = std::index_sequence_for<Parameters...>();
    if constexpr (__is_same(Result, void))
      callWith(instance, code, values, indices);
    else
      values[0].i32 = callWith(instance, code, values, indices);
  }

  static void type(Message &text) {
    text << "(func";
    if constexpr (sizeof...(Parameters) != 0) {
      text << " (param";
      ((text << (sizeof(Parameters) == 4 ? " i32" : " i64")), ...);
      text << ")";
    }
    text << (__is_same(Result, void) ? ")" : " (result i32))");
  }
};

template <typename Result, typename... Parameters>
Row rowOf(const char *name, Result (*code)(abi::Instance *, Parameters...)) {
  using Type = Shape<Result, Parameters...>;
  return {name, reinterpret_cast<void (*)()>(code), Type::call, Type::type};
}

struct Version {
  const char *name;
  const char *module;
};
constexpr Version preview1 = {"preview1", "wasi_snapshot_preview1"};
constexpr Version unstable = {"unstable", "wasi_unstable"};

constexpr size_t mostFunctions = 46;

/// The context of an imported function.
struct Function {
  moat_wasi *wasi;
  Row row;
};

} // namespace

struct moat_wasi {
  Store &store;
  Instance runtime;
  abi::Instance compiled = {};
  DescriptorTable descriptors;
  const Version *version = nullptr;
  bool isStarted = false;
  char *strings = nullptr; ///< the copies of all names
  const char **lists = nullptr;
  Function functions[mostFunctions];
  moat_import imports[mostFunctions];
  size_t importCount = 0;

  explicit moat_wasi(Store &store) : store(store) {
    compiled.runtime = &runtime;
    compiled.context = &store.context();
    runtime.compiled = &compiled;
    runtime.descriptors = &descriptors;
  }
  ~moat_wasi() {
    free(strings);
    free(lists);
  }
};

static size_t listFunctions(const Version &version, Row *rows) {
  size_t count = 0;
  if (&version == &preview1) {
#define WASI(name, ...)                                                        \
  rows[count++] = rowOf(#name, moat_import_wasi_snapshot_preview1__##name);
#include "moat/abi/WasiFunctions.def"
  } else {
#define WASI(name, ...)                                                        \
  rows[count++] = rowOf(#name, moat_import_wasi_unstable__##name);
#define WASI_SINCE_PREVIEW1(...)
#include "moat/abi/WasiFunctions.def"
  }
  return count;
}

static void callFunction(void *context, abi::Value *values) {
  auto &function = *static_cast<Function *>(context);
  if (!function.wasi->isStarted)
    failActivation(MOAT_WASI_NOT_STARTED,
                   "ERR_WASI_NOT_STARTED: wasi.start() has not been called");
  function.row.call(&function.wasi->compiled, function.row.code, values);
}

// Making one.

static bool wrongType(moat_error *error, const char *text) {
  return fail(error, MOAT_INVALID_ARG_TYPE, "ERR_INVALID_ARG_TYPE", text);
}
static bool wrongValue(moat_error *error, const char *what, const char *value) {
  Message text;
  text << what << ": " << value;
  text.append("", 1);
  return fail(error, MOAT_INVALID_ARG_VALUE, "ERR_INVALID_ARG_VALUE",
              text.data());
}
static bool noMemory(moat_error *error) {
  return fail(error, MOAT_NO_RESOURCES, nullptr, "no memory");
}

/// The system's name of an error, as Node's `code`.
static const char *systemName(Errno error) {
  switch (error) {
#define ERRNO(name, number, host, text)                                        \
  case Errno::name:                                                            \
    return #host;
#include "Errno.def"
  }
  return "EIO";
}

static bool systemError(moat_error *error, Errno reason, const char *what,
                        const char *name) {
  Message text;
  text << what << " " << name << ": " << errnoText(reason);
  text.append("", 1);
  return fail(error, MOAT_SYSTEM_ERROR, systemName(reason), text.data());
}

static bool checkOptions(const moat_wasi_options &options, moat_error *error) {
  if (!options.version)
    return wrongType(error, "options.version must be a string: \"unstable\" or "
                            "\"preview1\"");
  if (strcmp(options.version, preview1.name) != 0 &&
      strcmp(options.version, unstable.name) != 0)
    return wrongValue(error, "options.version: unsupported WASI version",
                      options.version);
  for (size_t i = 0; i < options.arg_count; ++i)
    if (!options.args[i])
      return wrongType(error, "options.args must be strings");
  for (size_t i = 0; i < options.env_count; ++i) {
    if (!options.env[i])
      return wrongType(error, "options.env must be strings");
    const char *equals = strchr(options.env[i], '=');
    if (!equals || equals == options.env[i])
      return wrongValue(error, "options.env: not NAME=VALUE", options.env[i]);
  }
  for (size_t i = 0; i < options.preopen_count; ++i) {
    const moat_preopen &preopen = options.preopens[i];
    if (!preopen.guest || !preopen.host)
      return wrongType(error, "options.preopens must be strings");
    if (!*preopen.guest || !*preopen.host)
      return wrongValue(error, "options.preopens: a name is empty",
                        preopen.guest);
  }
  if (options.stdin_fd < 0 || options.stdout_fd < 0 || options.stderr_fd < 0)
    return fail(error, MOAT_OUT_OF_RANGE, "ERR_OUT_OF_RANGE",
                "options.stdinFd, stdoutFd and stderrFd must be 0 or above");
  return true;
}

/// Copies arguments, environment and the guest's names of folders: the caller's
/// are the caller's.
static bool copyStrings(moat_wasi &wasi, const moat_wasi_options &options) {
  size_t count = options.arg_count + options.env_count + options.preopen_count;
  auto nth = [&](size_t i) {
    if (i < options.arg_count)
      return options.args[i];
    i -= options.arg_count;
    return i < options.env_count
               ? options.env[i]
               : options.preopens[i - options.env_count].guest;
  };
  size_t bytes = 1;
  for (size_t i = 0; i < count; ++i)
    bytes += strlen(nth(i)) + 1;
  wasi.strings = static_cast<char *>(malloc(bytes));
  wasi.lists =
      static_cast<const char **>(calloc(count + 1, sizeof(const char *)));
  if (!wasi.strings || !wasi.lists)
    return false;
  char *at = wasi.strings;
  for (size_t i = 0; i < count; ++i) {
    size_t size = strlen(nth(i)) + 1;
    memcpy(at, nth(i), size);
    wasi.lists[i] = at;
    at += size;
  }
  wasi.runtime.arguments = {wasi.lists, options.arg_count};
  wasi.runtime.environment = {wasi.lists + options.arg_count,
                              options.env_count};
  return true;
}

static bool openAll(moat_wasi &wasi, const moat_wasi_options &options,
                    moat_error *error) {
  static constexpr const char *names[] = {"stdin", "stdout", "stderr"};
  int32_t streams[] = {options.stdin_fd, options.stdout_fd, options.stderr_fd};
  for (size_t i = 0; i < std::size(streams); ++i)
    if (Errno reason = duplicateStream(wasi.descriptors, streams[i]);
        reason != Errno::Success)
      return systemError(error, reason, "cannot use", names[i]);
  const char **guestNames = wasi.lists + options.arg_count + options.env_count;
  for (size_t i = 0; i < options.preopen_count; ++i) {
    const moat_preopen &preopen = options.preopens[i];
    PreopenRequest request = {preopen.host, guestNames[i]};
    request.isReadOnly = preopen.is_read_only;
    if (Errno reason = openPreopen(wasi.descriptors, request);
        reason != Errno::Success)
      return systemError(error, reason, "cannot open directory", preopen.host);
  }
  return true;
}

static bool makeFunctions(moat_wasi &wasi) {
  Row rows[mostFunctions];
  size_t count = listFunctions(*wasi.version, rows);
  for (size_t i = 0; i < count; ++i) {
    Message type;
    rows[i].type(type);
    wasi.functions[i] = {&wasi, rows[i]};
    Extern function = wasi.store.makeFunction({type.data(), type.size()},
                                              callFunction, &wasi.functions[i]);
    if (!function)
      return false;
    wasi.imports[i] = {wasi.version->module, strlen(wasi.version->module),
                       rows[i].name, strlen(rows[i].name),
                       publicOf(wasi.store, function)};
  }
  wasi.importCount = count;
  return true;
}

static void destroyWasi(void *object) {
  auto *wasi = static_cast<moat_wasi *>(object);
  wasi->~moat_wasi();
  free(wasi);
}

// Starting.

static bool finalizeBindings(moat_wasi &wasi, moat_instance *instance,
                             const moat_extern *memory, moat_error *error) {
  if (wasi.isStarted)
    return fail(error, MOAT_WASI_ALREADY_STARTED, "ERR_WASI_ALREADY_STARTED",
                "the WASI object has already started");
  if (!instance)
    return wrongType(error, "instance must be an instance");
  moat_extern found = memory ? *memory : moat_find_export(instance, "memory");
  if (!found.object || found.kind != MOAT_MEMORY)
    return wrongType(error, "instance.exports.memory must be a memory");
  if (&Store::of(*instance) != &wasi.store ||
      found.store != publicOf(wasi.store))
    return wrongValue(error, "instance", "it is of another store");
  wasi.runtime.memory0 = static_cast<abi::Memory *>(found.object);
  wasi.isStarted = true;
  return true;
}

/// An export that must be a function, or must not be there.
static bool findEntry(moat_instance *instance, const char *name,
                      moat_extern &entry) {
  entry = moat_find_export(instance, name);
  return entry.object && entry.kind == MOAT_FUNCTION;
}

static bool hasNoTypes(const moat_extern &entry) {
  return strcmp(externOf(entry).type.type->text, "(func)") == 0;
}

/// Calls \p entry. False: it ended in a way that is no exit.
static bool run(const moat_extern &entry, int32_t &exitCode,
                moat_error *error) {
  moat_value none[1];
  moat_trap_info trap = {};
  moat_ending ending = moat_call(entry, none, &trap);
  exitCode = ending == MOAT_EXITED ? static_cast<int32_t>(trap.exit_code) : 0;
  if (ending == MOAT_RETURNED || ending == MOAT_EXITED)
    return true;
  if (error)
    error->trap = trap;
  return fail(error, MOAT_START_FAILED, nullptr,
              ending == MOAT_THREW ? "uncaught exception" : trap.text);
}

#define EXPORTED [[gnu::visibility("default")]]

extern "C" {

EXPORTED moat_wasi *moat_create_wasi(moat_store *store,
                                     const moat_wasi_options *options,
                                     moat_error *error) {
  if (!store || !options) {
    wrongType(error, store ? "options must be an object" : "store is missing");
    return nullptr;
  }
  if (!checkOptions(*options, error))
    return nullptr;
  void *space = malloc(sizeof(moat_wasi));
  if (!space) {
    noMemory(error);
    return nullptr;
  }
  auto *wasi = new (space) moat_wasi(storeOf(store));
  wasi->version =
      strcmp(options->version, preview1.name) == 0 ? &preview1 : &unstable;
  wasi->runtime.exit =
      options->return_on_exit
          ? [](Instance &, uint32_t code) { exitActivation(code); }
          : [](Instance &, uint32_t code) { exit(static_cast<int>(code)); };
  bool isMade = copyStrings(*wasi, *options) || noMemory(error);
  isMade = isMade && openAll(*wasi, *options, error);
  if (!isMade) {
    destroyWasi(wasi);
    return nullptr;
  }
  // From here on functions of the store point to it.
  if (!wasi->store.own(wasi, destroyWasi)) {
    noMemory(error);
    destroyWasi(wasi);
    return nullptr;
  }
  if (!makeFunctions(*wasi)) {
    noMemory(error);
    return nullptr;
  }
  fail(error, MOAT_OK, nullptr, "");
  return wasi;
}

EXPORTED const moat_import *moat_wasi_imports(moat_wasi *wasi, size_t *count) {
  *count = wasi->importCount;
  return wasi->imports;
}

EXPORTED bool moat_wasi_finalize_bindings(moat_wasi *wasi,
                                          moat_instance *instance,
                                          const moat_extern *memory,
                                          moat_error *error) {
  return finalizeBindings(*wasi, instance, memory, error);
}

EXPORTED bool moat_wasi_start(moat_wasi *wasi, moat_instance *instance,
                              int32_t *exitCode, moat_error *error) {
  if (!finalizeBindings(*wasi, instance, nullptr, error))
    return false;
  moat_extern start, initialize;
  if (!findEntry(instance, "_start", start) || !hasNoTypes(start))
    return wrongType(error, "instance.exports._start must be a function");
  findEntry(instance, "_initialize", initialize);
  if (initialize.object)
    return wrongType(error, "instance.exports._initialize must be undefined");
  int32_t code = 0;
  bool hasEnded = run(start, code, error);
  if (exitCode)
    *exitCode = code;
  return hasEnded;
}

EXPORTED bool moat_wasi_initialize(moat_wasi *wasi, moat_instance *instance,
                                   moat_error *error) {
  if (!finalizeBindings(*wasi, instance, nullptr, error))
    return false;
  moat_extern start, initialize;
  findEntry(instance, "_start", start);
  if (start.object)
    return wrongType(error, "instance.exports._start must be undefined");
  bool isFunction = findEntry(instance, "_initialize", initialize);
  if (!initialize.object)
    return true;
  if (!isFunction || !hasNoTypes(initialize))
    return wrongType(error, "instance.exports._initialize must be a function");
  int32_t code = 0;
  return run(initialize, code, error);
}

} // extern "C"
