// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What --emit=node adds to a module so that Node loads it with require():
//
//   const codec = require('./codec.node');
//   const instance = codec({ version: 'preview1', args: ['codec'] });
//   instance.start();                       // or initialize()
//   instance.exports.encode(7);             // numbers; BigInt for i64
//   new Uint8Array(instance.exports.memory.buffer)
//
// The options are those of Node's class WASI (a missing `version` is fine where
// the module imports no WASI). Written in Node-API, over moat.h: every instance
// has a store of its own, which goes when nothing of it is left. Functions of
// JavaScript cannot be imported: the guest runs on a stack of its own, where V8
// does not run.

#include "moat/moat.h"
#include <cstdlib>
#include <cstring>
#include <new>
#include <node_api.h>

extern "C" const moat_module_descriptor moat_module;

namespace {

/// Shared by all that JavaScript holds of an instance; the last one frees it.
struct Held {
  moat_store *store = nullptr;
  moat_instance *instance = nullptr;
  moat_wasi *wasi = nullptr;
  size_t holders = 0;

  void release() {
    if (--holders)
      return;
    moat_destroy_store(store);
    free(this);
  }
};

/// The data of an exported function.
struct Function {
  Held *held;
  size_t index;
  size_t parameterCount, resultCount;
  moat_kind *types; ///< parameters, then results
};

/// The data of an exported memory: the buffer that was made last.
struct Memory {
  Held *held;
  moat_extern memory;
  napi_ref buffer;
  uint64_t size;
};

constexpr size_t mostValues = 1000;

} // namespace

// Errors.

static napi_value fail(napi_env env, const char *code, const char *text) {
  napi_throw_type_error(env, code, text);
  return nullptr;
}

static napi_value failBy(napi_env env, const moat_error &error) {
  if (error.kind == MOAT_INVALID_ARG_TYPE || error.kind == MOAT_OUT_OF_RANGE ||
      error.kind == MOAT_INVALID_ARG_VALUE)
    napi_throw_type_error(env, error.code, error.text);
  else
    napi_throw_error(env, error.code, error.text);
  return nullptr;
}

/// A trap as an Error whose message is the specification's and that has the
/// guest's backtrace.
static napi_value failByTrap(napi_env env, moat_store *store,
                             const moat_trap_info &trap) {
  char text[2000];
  moat_describe_trap(store, &trap, text, sizeof text);
  char *end = strchr(text, '\n');
  napi_value message, error, code, backtrace;
  napi_create_string_utf8(
      env, text, end ? size_t(end - text) : NAPI_AUTO_LENGTH, &message);
  napi_create_string_utf8(env, "ERR_MOAT_TRAP", NAPI_AUTO_LENGTH, &code);
  napi_create_error(env, code, message, &error);
  napi_create_string_utf8(env, end ? end + 1 : "", NAPI_AUTO_LENGTH,
                          &backtrace);
  napi_set_named_property(env, error, "backtrace", backtrace);
  napi_throw(env, error);
  return nullptr;
}

// Values.

static bool fromJs(napi_env env, napi_value js, moat_kind type,
                   moat_value &value) {
  int32_t i32;
  int64_t i64;
  double number;
  bool isLossless;
  switch (type) {
  case MOAT_I32:
    if (napi_get_value_int32(env, js, &i32) != napi_ok)
      return false;
    value.i32 = static_cast<uint32_t>(i32);
    return true;
  case MOAT_I64:
    if (napi_get_value_bigint_int64(env, js, &i64, &isLossless) != napi_ok)
      return false;
    value.i64 = static_cast<uint64_t>(i64);
    return true;
  case MOAT_F32:
  case MOAT_F64:
    if (napi_get_value_double(env, js, &number) != napi_ok)
      return false;
    if (type == MOAT_F32)
      value.f32 = static_cast<float>(number);
    else
      value.f64 = number;
    return true;
  default:
    return false;
  }
}

static napi_value toJs(napi_env env, moat_kind type, const moat_value &value) {
  napi_value js = nullptr;
  switch (type) {
  case MOAT_I32:
    napi_create_int32(env, static_cast<int32_t>(value.i32), &js);
    return js;
  case MOAT_I64:
    napi_create_bigint_int64(env, static_cast<int64_t>(value.i64), &js);
    return js;
  case MOAT_F32:
    napi_create_double(env, value.f32, &js);
    return js;
  case MOAT_F64:
    napi_create_double(env, value.f64, &js);
    return js;
  default:
    napi_get_undefined(env, &js);
    return js;
  }
}

/// The types in a function type's text; false: one has no value in JavaScript
/// that we make.
static bool readTypes(const char *text, moat_kind *types) {
  for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' ')) {
    static constexpr const char *names[] = {"i32", "i64", "f32", "f64"};
    if (at[1] == '(')
      continue;
    bool isFound = false;
    for (int kind = 0; kind < 4; ++kind)
      if (strncmp(at + 1, names[kind], 3) == 0) {
        *types++ = static_cast<moat_kind>(kind);
        isFound = true;
      }
    if (!isFound)
      return false;
  }
  return true;
}

static napi_value callExport(napi_env env, napi_callback_info info) {
  constexpr size_t inPlace = 16;
  napi_value arguments[inPlace];
  moat_value values[inPlace];
  size_t count = inPlace;
  void *data;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  auto &function = *static_cast<Function *>(data);
  if (function.parameterCount > inPlace || function.resultCount > inPlace)
    return fail(env, "ERR_MOAT_LIMIT", "more than 16 parameters or results");
  for (size_t i = 0; i < function.parameterCount; ++i)
    if (!fromJs(env, arguments[i], function.types[i], values[i]))
      return fail(env, "ERR_INVALID_ARG_TYPE",
                  function.types[i] == MOAT_I64 ? "wanted a BigInt"
                                                : "wanted a number");
  moat_trap_info trap;
  moat_ending ending =
      moat_call_export(function.held->instance, function.index, values, &trap);
  if (ending != MOAT_RETURNED)
    return failByTrap(env, function.held->store, trap);
  const moat_kind *results = function.types + function.parameterCount;
  napi_value result = nullptr;
  if (function.resultCount == 0)
    napi_get_undefined(env, &result);
  else if (function.resultCount == 1)
    result = toJs(env, results[0], values[0]);
  else {
    napi_create_array_with_length(env, function.resultCount, &result);
    for (size_t i = 0; i < function.resultCount; ++i)
      napi_set_element(env, result, static_cast<uint32_t>(i),
                       toJs(env, results[i], values[i]));
  }
  return result;
}

// What is exported.

static napi_value getBuffer(napi_env env, napi_callback_info info) {
  void *data;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  auto &memory = *static_cast<Memory *>(data);
  uint64_t size = moat_memory_size(&memory.memory);
  napi_value buffer = nullptr;
  if (memory.buffer && size == memory.size)
    napi_get_reference_value(env, memory.buffer, &buffer);
  if (buffer)
    return buffer;
  if (memory.buffer) {
    // It has grown: the old one is of no use any more, as in JavaScript's own.
    napi_value old = nullptr;
    napi_get_reference_value(env, memory.buffer, &old);
    if (old)
      napi_detach_arraybuffer(env, old);
    napi_delete_reference(env, memory.buffer);
    memory.buffer = nullptr;
  }
  auto release = [](napi_env, void *, void *held) {
    static_cast<Held *>(held)->release();
  };
  ++memory.held->holders;
  if (napi_create_external_arraybuffer(env, moat_memory_base(&memory.memory),
                                       size, release, memory.held,
                                       &buffer) != napi_ok) {
    memory.held->release();
    return fail(env, "ERR_MOAT_BUFFER", "the memory cannot be shown");
  }
  memory.size = size;
  // A weak one: it does not keep the buffer.
  napi_create_reference(env, buffer, 0, &memory.buffer);
  return buffer;
}

static void addFunction(napi_env env, Held *held, napi_value exports,
                        const char *name, size_t nameSize, size_t index,
                        const moat_extern &thing) {
  size_t parameters, results;
  moat_function_arity(&thing, &parameters, &results);
  char text[16384];
  moat_type_text(&thing, text, sizeof text);
  auto *types =
      static_cast<moat_kind *>(calloc(mostValues * 2, sizeof(moat_kind)));
  auto *data = static_cast<Function *>(malloc(sizeof(Function)));
  if (!types || !data || !readTypes(text, types)) {
    free(types);
    free(data);
    return; // vectors and references: no value in JavaScript
  }
  *data = {held, index, parameters, results, types};
  napi_value function, key;
  napi_create_function(env, name, nameSize, callExport, data, &function);
  ++held->holders;
  napi_add_finalizer(
      env, function, data,
      [](napi_env, void *data, void *) {
        auto *function = static_cast<Function *>(data);
        function->held->release();
        free(function->types);
        free(function);
      },
      nullptr, nullptr);
  napi_create_string_utf8(env, name, nameSize, &key);
  napi_set_property(env, exports, key, function);
}

static void addMemory(napi_env env, Held *held, napi_value exports,
                      const char *name, size_t nameSize,
                      const moat_extern &thing) {
  auto *data = static_cast<Memory *>(malloc(sizeof(Memory)));
  if (!data)
    return;
  *data = {held, thing, nullptr, 0};
  napi_value memory, key;
  napi_create_object(env, &memory);
  napi_property_descriptor buffer = {};
  buffer.utf8name = "buffer";
  buffer.getter = getBuffer;
  buffer.attributes = napi_enumerable;
  buffer.data = data;
  napi_define_properties(env, memory, 1, &buffer);
  ++held->holders;
  napi_add_finalizer(
      env, memory, data,
      [](napi_env env, void *data, void *) {
        auto *memory = static_cast<Memory *>(data);
        if (memory->buffer)
          napi_delete_reference(env, memory->buffer);
        memory->held->release();
        free(memory);
      },
      nullptr, nullptr);
  napi_create_string_utf8(env, name, nameSize, &key);
  napi_set_property(env, exports, key, memory);
}

static napi_value makeExports(napi_env env, Held *held) {
  napi_value exports;
  napi_create_object(env, &exports);
  for (size_t i = 0; i < moat_export_count(held->instance); ++i) {
    const char *name;
    size_t nameSize;
    moat_extern thing = moat_export_at(held->instance, i, &name, &nameSize);
    if (thing.kind == MOAT_FUNCTION)
      addFunction(env, held, exports, name, nameSize, i, thing);
    if (thing.kind == MOAT_MEMORY)
      addMemory(env, held, exports, name, nameSize, thing);
  }
  return exports;
}

// Options.

namespace {

/// Strings that live until the options have been read.
class Strings {
public:
  ~Strings() {
    while (first) {
      Node *next = first->next;
      free(first);
      first = next;
    }
  }
  /// The text of a value, turned into a string, behind \p name and `=` if there
  /// is one; null: it cannot be.
  const char *add(napi_env env, napi_value value, napi_value name = nullptr) {
    napi_value string;
    size_t size, nameSize = 0;
    if (napi_coerce_to_string(env, value, &string) != napi_ok ||
        napi_get_value_string_utf8(env, string, nullptr, 0, &size) != napi_ok ||
        (name && napi_get_value_string_utf8(env, name, nullptr, 0, &nameSize) !=
                     napi_ok))
      return nullptr;
    auto *node =
        static_cast<Node *>(malloc(sizeof(Node) + nameSize + 1 + size));
    if (!node)
      return nullptr;
    node->next = first;
    first = node;
    char *at = node->text;
    if (name) {
      napi_get_value_string_utf8(env, name, at, nameSize + 1, &nameSize);
      at += nameSize;
      *at++ = '=';
    }
    napi_get_value_string_utf8(env, string, at, size + 1, &size);
    return node->text;
  }

private:
  struct Node {
    Node *next;
    char text[1];
  };
  Node *first = nullptr;
};

constexpr uint32_t mostOptions = 1024;

struct Options {
  moat_wasi_options wasi = MOAT_WASI_DEFAULTS;
  const char *args[mostOptions];
  const char *env[mostOptions];
  moat_preopen preopens[mostOptions];
  Strings strings;
};

} // namespace

static napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  if (value)
    napi_typeof(env, value, &type);
  return type;
}

static napi_value property(napi_env env, napi_value object, const char *name) {
  napi_value value = nullptr;
  napi_get_named_property(env, object, name, &value);
  return typeOf(env, value) == napi_undefined ? nullptr : value;
}

static bool readList(napi_env env, napi_value array, Options &options) {
  bool isArray = false;
  uint32_t count;
  napi_is_array(env, array, &isArray);
  if (!isArray || napi_get_array_length(env, array, &count) != napi_ok ||
      count > mostOptions)
    return fail(env, "ERR_INVALID_ARG_TYPE", "options.args must be an array"),
           false;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value item;
    napi_get_element(env, array, i, &item);
    options.args[i] = options.strings.add(env, item);
  }
  options.wasi.args = options.args;
  options.wasi.arg_count = count;
  return true;
}

/// Calls \p take(name, value) for every property that is not undefined.
template <typename Take>
static bool forEachProperty(napi_env env, napi_value object, const char *what,
                            Take take) {
  napi_value names;
  uint32_t count;
  if (typeOf(env, object) != napi_object ||
      napi_get_property_names(env, object, &names) != napi_ok ||
      napi_get_array_length(env, names, &count) != napi_ok ||
      count > mostOptions)
    return fail(env, "ERR_INVALID_ARG_TYPE", what), false;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value name, value;
    napi_get_element(env, names, i, &name);
    napi_get_property(env, object, name, &value);
    if (typeOf(env, value) != napi_undefined)
      take(name, value);
  }
  return true;
}

static bool readOptions(napi_env env, napi_value object, Options &options) {
  moat_wasi_options &wasi = options.wasi;
  if (napi_value version = property(env, object, "version")) {
    if (typeOf(env, version) != napi_string)
      return fail(env, "ERR_INVALID_ARG_TYPE",
                  "options.version must be a string"),
             false;
    wasi.version = options.strings.add(env, version);
  }
  if (napi_value args = property(env, object, "args"))
    if (!readList(env, args, options))
      return false;
  if (napi_value variables = property(env, object, "env")) {
    wasi.env = options.env;
    if (!forEachProperty(env, variables, "options.env must be an object",
                         [&](napi_value name, napi_value value) {
                           options.env[wasi.env_count++] =
                               options.strings.add(env, value, name);
                         }))
      return false;
  }
  if (napi_value preopens = property(env, object, "preopens")) {
    wasi.preopens = options.preopens;
    if (!forEachProperty(env, preopens, "options.preopens must be an object",
                         [&](napi_value guest, napi_value host) {
                           options.preopens[wasi.preopen_count++] = {
                               options.strings.add(env, guest),
                               options.strings.add(env, host), false};
                         }))
      return false;
  }
  struct {
    const char *name;
    int32_t *fd;
  } streams[] = {{"stdin", &wasi.stdin_fd},
                 {"stdout", &wasi.stdout_fd},
                 {"stderr", &wasi.stderr_fd}};
  for (auto &stream : streams)
    if (napi_value fd = property(env, object, stream.name))
      if (napi_get_value_int32(env, fd, stream.fd) != napi_ok)
        return fail(env, "ERR_INVALID_ARG_TYPE",
                    "options.stdin, stdout and stderr must be numbers"),
               false;
  if (napi_value exits = property(env, object, "returnOnExit"))
    if (napi_get_value_bool(env, exits, &wasi.return_on_exit) != napi_ok)
      return fail(env, "ERR_INVALID_ARG_TYPE",
                  "options.returnOnExit must be a boolean"),
             false;
  return true;
}

// Instances.

static Held *heldOf(napi_env env, napi_callback_info info) {
  void *data;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  return static_cast<Held *>(data);
}

static napi_value failToRun(napi_env env, Held *held, const moat_error &error) {
  return error.kind == MOAT_START_FAILED
             ? failByTrap(env, held->store, error.trap)
             : failBy(env, error);
}

static napi_value start(napi_env env, napi_callback_info info) {
  Held *held = heldOf(env, info);
  int32_t code = 0;
  moat_error error = {};
  if (!held->wasi)
    return fail(env, "ERR_INVALID_ARG_TYPE", "options.version is missing");
  if (!moat_wasi_start(held->wasi, held->instance, &code, &error))
    return failToRun(env, held, error);
  napi_value result;
  napi_create_int32(env, code, &result);
  return result;
}

static napi_value initialize(napi_env env, napi_callback_info info) {
  Held *held = heldOf(env, info);
  moat_error error = {};
  if (!held->wasi)
    return fail(env, "ERR_INVALID_ARG_TYPE", "options.version is missing");
  if (!moat_wasi_initialize(held->wasi, held->instance, &error))
    return failToRun(env, held, error);
  napi_value result;
  napi_get_undefined(env, &result);
  return result;
}

/// A function of the instance's, which keeps it.
static void addMethod(napi_env env, Held *held, napi_value instance,
                      const char *name, napi_callback callback) {
  napi_value method;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, held, &method);
  ++held->holders;
  napi_add_finalizer(
      env, method, held,
      [](napi_env, void *held, void *) {
        static_cast<Held *>(held)->release();
      },
      nullptr, nullptr);
  napi_set_named_property(env, instance, name, method);
}

static bool makeInstance(napi_env env, Held &held, const Options &options) {
  moat_error error = {};
  const moat_import *imports = nullptr;
  size_t importCount = 0;
  if (options.wasi.version) {
    held.wasi = moat_create_wasi(held.store, &options.wasi, &error);
    if (!held.wasi)
      return failBy(env, error), false;
    imports = moat_wasi_imports(held.wasi, &importCount);
  }
  held.instance =
      moat_instantiate(held.store, &moat_module, imports, importCount, &error);
  if (held.instance)
    return true;
  return failToRun(env, &held, error), false;
}

/// codec(options)
static napi_value create(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object = nullptr;
  napi_get_cb_info(env, info, &count, &object, nullptr, nullptr);
  if (count && typeOf(env, object) != napi_object &&
      typeOf(env, object) != napi_undefined)
    return fail(env, "ERR_INVALID_ARG_TYPE", "options must be an object");
  auto *options = static_cast<Options *>(malloc(sizeof(Options)));
  auto *held = static_cast<Held *>(malloc(sizeof(Held)));
  if (!options || !held)
    abort();
  new (options) Options;
  new (held) Held;
  held->holders = 1; // this function, until the instance holds it
  held->store = moat_create_store(nullptr);
  bool isMade = held->store != nullptr;
  if (!isMade)
    napi_throw_error(env, "ERR_MOAT_RESOURCES", "no memory or address space");
  if (isMade && count && typeOf(env, object) == napi_object)
    isMade = readOptions(env, object, *options);
  isMade = isMade && makeInstance(env, *held, *options);
  napi_value instance = nullptr;
  if (isMade) {
    napi_create_object(env, &instance);
    addMethod(env, held, instance, "start", start);
    addMethod(env, held, instance, "initialize", initialize);
    napi_set_named_property(env, instance, "exports", makeExports(env, held));
  }
  options->~Options();
  free(options);
  held->release();
  return instance;
}

NAPI_MODULE_INIT() {
  napi_value function = nullptr;
  napi_create_function(env, "instantiate", NAPI_AUTO_LENGTH, create, nullptr,
                       &function);
  return function;
}
