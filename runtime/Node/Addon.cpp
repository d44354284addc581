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
// the module imports no WASI), and `imports`, as WebAssembly.instantiate takes
// them: { module: { name: function } }. Written in Node-API, over moat.h: every
// instance has a store of its own, which goes when nothing of it is left.
//
// V8 does not run on the guest's stack, so imported functions are called on the
// host's. What they throw stays pending in Node-API while the guest's frames
// are left (moat_fail), and is thrown on when the addon returns to JavaScript.

#include "moat/moat.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <node_api.h>

extern "C" const moat_module_descriptor moat_module;

namespace {

struct Imported;

/// Shared by all that JavaScript holds of an instance; the last one frees it.
struct Held {
  napi_env env = nullptr;
  moat_store *store = nullptr;
  moat_instance *instance = nullptr;
  moat_wasi *wasi = nullptr;
  size_t holders = 0;
  /// The imported functions, and a weak reference to an array of them, which
  /// is a property of all that can call the instance. So the garbage collector
  /// sees that they live, and cycles through them go.
  Imported *imported = nullptr;
  napi_ref functions = nullptr;
  /// What was thrown last for an exit, and its code.
  napi_ref exitError = nullptr;
  int32_t exitCode = 0;
  moat_trap_info trap; ///< of the call that ended last

  void hold() { ++holders; }
  void release();
};

/// The data of an exported function; the store's.
struct Function {
  Held *held;
  size_t index;
  size_t parameterCount, resultCount;
  const moat_kind *types; ///< parameters, then results
};

/// The data of an imported function; the store's.
struct Imported {
  Held *held;
  napi_ref function; ///< weak
  size_t parameterCount, resultCount;
  const moat_kind *types;
  Imported *next;
};

/// The data of an exported memory: the buffer that was made last.
struct Memory {
  Held *held;
  moat_extern memory;
  napi_ref buffer;
  uint64_t size;
};

/// Of parameters, and of results.
constexpr size_t mostValues = 16;

/// While an instance may run: a function of JavaScript may drop all else that
/// holds it and its imports.
class Running {
public:
  Running(napi_env env, Held &held) : held(held) {
    held.hold();
    napi_value kept;
    if (held.functions)
      napi_get_reference_value(env, held.functions, &kept);
  }
  ~Running() { held.release(); }
  Running(const Running &) = delete;
  Running &operator=(const Running &) = delete;

private:
  Held &held;
};

} // namespace

void Held::release() {
  if (--holders)
    return;
  for (Imported *each = imported; each; each = each->next)
    napi_delete_reference(env, each->function);
  if (functions)
    napi_delete_reference(env, functions);
  if (exitError)
    napi_delete_reference(env, exitError);
  moat_destroy_store(store);
  free(this);
}

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
    napi_throw_error(
        env, error.kind == MOAT_UNLINKABLE ? "ERR_MOAT_LINK" : error.code,
        error.text);
  return nullptr;
}

static bool isThrowing(napi_env env) {
  bool isPending = false;
  napi_is_exception_pending(env, &isPending);
  return isPending;
}

/// How the guest ended as an Error: the message is the specification's for a
/// trap, and there is the guest's backtrace; of an exit there is the code.
static napi_value makeError(napi_env env, Held &held) {
  const moat_trap_info &trap = held.trap;
  bool isExit = trap.ending == MOAT_EXITED;
  char text[2000];
  moat_describe_trap(held.store, &trap, text, sizeof text);
  char *end = strchr(text, '\n');
  napi_value message, error, code, detail;
  napi_create_string_utf8(
      env, text, end ? size_t(end - text) : NAPI_AUTO_LENGTH, &message);
  napi_create_string_utf8(env, isExit ? "ERR_MOAT_EXIT" : "ERR_MOAT_TRAP",
                          NAPI_AUTO_LENGTH, &code);
  if (napi_create_error(env, code, message, &error) != napi_ok)
    return nullptr;
  if (isExit)
    napi_create_int32(env, static_cast<int32_t>(trap.exit_code), &detail);
  else
    napi_create_string_utf8(env, end ? end + 1 : "", NAPI_AUTO_LENGTH, &detail);
  napi_set_named_property(env, error, isExit ? "exitCode" : "backtrace",
                          detail);
  return error;
}

/// Throws what ended the guest: the exception of an imported function, which is
/// pending, or an Error. Apart from its callers, whose frames are small: calls
/// nest.
[[gnu::noinline]] static napi_value failByEnding(napi_env env, Held &held) {
  if (isThrowing(env))
    return nullptr;
  napi_value error = makeError(env, held);
  if (!error || isThrowing(env))
    return nullptr;
  if (held.trap.ending == MOAT_EXITED) {
    if (held.exitError)
      napi_delete_reference(env, held.exitError);
    held.exitError = nullptr;
    napi_create_reference(env, error, 1, &held.exitError);
    held.exitCode = static_cast<int32_t>(held.trap.exit_code);
  }
  napi_throw(env, error);
  return nullptr;
}

/// Whether what is thrown is an exit of the same instance in a nested call,
/// which nobody caught: it is over then, and \p code is its code.
static bool catchExit(napi_env env, Held &held, int32_t &code) {
  napi_value thrown = nullptr, exit = nullptr;
  if (!held.exitError || !isThrowing(env) ||
      napi_get_and_clear_last_exception(env, &thrown) != napi_ok)
    return false;
  bool isExit = false;
  napi_get_reference_value(env, held.exitError, &exit);
  napi_strict_equals(env, thrown, exit, &isExit);
  if (!isExit) {
    napi_throw(env, thrown);
    return false;
  }
  code = held.exitCode;
  return true;
}

// Values.

/// ECMAScript's ToNumber. False: thrown.
static bool toNumber(napi_env env, napi_value js, double &number) {
  return napi_get_value_double(env, js, &number) == napi_ok ||
         (napi_coerce_to_number(env, js, &js) == napi_ok &&
          napi_get_value_double(env, js, &number) == napi_ok);
}

/// ECMAScript's ToInt32. False: thrown.
static bool toInt32(napi_env env, napi_value js, int32_t &number) {
  return napi_get_value_int32(env, js, &number) == napi_ok ||
         (napi_coerce_to_number(env, js, &js) == napi_ok &&
          napi_get_value_int32(env, js, &number) == napi_ok);
}

/// ECMAScript's ToBigInt64. False: thrown.
static bool toBigInt64(napi_env env, napi_value js, int64_t &number) {
  bool isLossless;
  if (napi_get_value_bigint_int64(env, js, &number, &isLossless) == napi_ok)
    return true;
  // Node-API converts to a BigInt nowhere but here.
  void *bytes;
  napi_value buffer, array;
  if (napi_create_arraybuffer(env, sizeof number, &bytes, &buffer) != napi_ok ||
      napi_create_typedarray(env, napi_bigint64_array, 1, buffer, 0, &array) !=
          napi_ok ||
      napi_set_element(env, array, 0, js) != napi_ok)
    return false;
  memcpy(&number, bytes, sizeof number);
  return true;
}

/// WebAssembly JavaScript Interface, ToWebAssemblyValue. False: thrown.
static bool fromJs(napi_env env, napi_value js, moat_kind type,
                   moat_value &value) {
  int32_t i32;
  int64_t i64;
  double number;
  switch (type) {
  case MOAT_I32:
    if (!toInt32(env, js, i32))
      return false;
    value.i32 = static_cast<uint32_t>(i32);
    return true;
  case MOAT_I64:
    if (!toBigInt64(env, js, i64))
      return false;
    value.i64 = static_cast<uint64_t>(i64);
    return true;
  case MOAT_F32:
    if (!toNumber(env, js, number))
      return false;
    value.f32 = static_cast<float>(number);
    return true;
  case MOAT_F64:
    if (!toNumber(env, js, number))
      return false;
    value.f64 = number;
    return true;
  default:
    return false;
  }
}

/// The same document's ToJSValue.
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

/// The types in a function type's text, \p count of them; false: one has no
/// value in JavaScript that we make.
static bool readTypes(const char *text, moat_kind *types, size_t count) {
  for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ' ')) {
    static constexpr const char *names[] = {"i32", "i64", "f32", "f64"};
    if (at[1] == '(')
      continue;
    bool isFound = false;
    for (int kind = 0; kind < 4 && count; ++kind)
      if (strncmp(at + 1, names[kind], 3) == 0) {
        *types++ = static_cast<moat_kind>(kind);
        isFound = true;
      }
    if (!isFound)
      return false;
    --count;
  }
  return count == 0;
}

/// The types of a function of at most mostValues parameters and results, kept
/// with the store; null: one has no value in JavaScript that we make.
static const moat_kind *keepTypes(moat_store *store,
                                  const moat_extern &function, size_t count) {
  moat_kind types[2 * mostValues];
  char text[2 * mostValues * 16];
  moat_type_text(&function, text, sizeof text);
  if (!readTypes(text, types, count))
    return nullptr;
  return static_cast<const moat_kind *>(
      moat_keep_copy(store, types, count * sizeof(moat_kind)));
}

// Calls.

static napi_value callExport(napi_env env, napi_callback_info info) {
  napi_value arguments[mostValues];
  moat_value values[mostValues];
  size_t count = mostValues;
  void *data;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  auto &function = *static_cast<Function *>(data);
  if (!function.types)
    return fail(env, "ERR_MOAT_LIMIT", "more than 16 parameters or results");
  Held &held = *function.held;
  Running running(env, held);
  for (size_t i = 0; i < function.parameterCount; ++i)
    if (!fromJs(env, arguments[i], function.types[i], values[i]))
      return nullptr;
  if (moat_call_export(held.instance, function.index, values, &held.trap) !=
      MOAT_RETURNED)
    return failByEnding(env, held);
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

namespace {

/// A call of an imported function, on its way to the host's stack.
struct ImportCall {
  const Imported &imported;
  moat_value *values;
  bool hasReturned;
};

} // namespace

/// False: thrown.
static bool callFunction(napi_env env, const Imported &imported,
                         moat_value *values) {
  napi_value function = nullptr, self, result;
  napi_value arguments[mostValues];
  napi_get_reference_value(env, imported.function, &function);
  napi_get_undefined(env, &self);
  for (size_t i = 0; i < imported.parameterCount; ++i)
    arguments[i] = toJs(env, imported.types[i], values[i]);
  if (!function || napi_call_function(env, self, function,
                                      imported.parameterCount, arguments,
                                      &result) != napi_ok)
    return false;
  return !imported.resultCount ||
         fromJs(env, result, imported.types[imported.parameterCount],
                values[0]);
}

static void runImport(void *argument) {
  auto &call = *static_cast<ImportCall *>(argument);
  napi_env env = call.imported.held->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok)
    return;
  call.hasReturned = callFunction(env, call.imported, call.values);
  napi_close_handle_scope(env, scope);
}

/// What compiled code calls.
static void callImport(void *context, moat_value *values) {
  ImportCall call = {*static_cast<Imported *>(context), values, false};
  moat_call_on_host_stack(runImport, &call);
  if (!call.hasReturned)
    moat_fail(0, "an imported function could not be called");
}

// What is imported.

/// Throws why there can be no such import.
static bool failForImport(napi_env env, const moat_import &import,
                          const char *wanted, const char *reason) {
  char text[1024];
  snprintf(text, sizeof text,
           "incompatible import type: \"%.*s\" \"%.*s\": wanted %s: %s",
           static_cast<int>(import.module_size), import.module,
           static_cast<int>(import.field_size), import.field, wanted, reason);
  napi_throw_error(env, "ERR_MOAT_LINK", text);
  return false;
}

/// Property \p name of an object, which may be null; null: there is none.
/// False: thrown.
static bool getProperty(napi_env env, napi_value object, const char *name,
                        size_t nameSize, napi_value &value) {
  napi_value key;
  napi_valuetype type = napi_undefined;
  value = nullptr;
  if (!object)
    return true;
  if (napi_create_string_utf8(env, name, nameSize, &key) != napi_ok ||
      napi_get_property(env, object, key, &value) != napi_ok ||
      napi_typeof(env, value, &type) != napi_ok)
    return false;
  if (type == napi_undefined)
    value = nullptr;
  return true;
}

/// Makes import \p index of \p function. False: thrown.
static bool importFunction(napi_env env, Held &held, size_t index,
                           napi_value function, moat_import &import) {
  Imported imported = {};
  imported.held = &held;
  auto *kept = static_cast<Imported *>(
      moat_keep_copy(held.store, &imported, sizeof imported));
  if (!kept) {
    napi_throw_error(env, "ERR_MOAT_RESOURCES", "no memory for imports");
    return false;
  }
  import.provided =
      moat_make_import(held.store, &moat_module, index, callImport, kept);
  if (!import.provided.object) {
    napi_throw_error(env, "ERR_MOAT_RESOURCES", "no memory for imports");
    return false;
  }
  char wanted[512];
  moat_type_text(&import.provided, wanted, sizeof wanted);
  moat_function_arity(&import.provided, &kept->parameterCount,
                      &kept->resultCount);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, function, &type);
  if (type != napi_function)
    return failForImport(env, import, wanted, "found no function");
  if (kept->resultCount > 1)
    return failForImport(env, import, wanted,
                         "a function of JavaScript gives one result at most");
  if (kept->parameterCount > mostValues)
    return failForImport(env, import, wanted, "more than 16 parameters");
  kept->types = keepTypes(held.store, import.provided,
                          kept->parameterCount + kept->resultCount);
  if (!kept->types)
    return failForImport(
        env, import, wanted,
        "an addon passes no vectors or references to JavaScript");
  if (napi_create_reference(env, function, 0, &kept->function) != napi_ok)
    return false;
  kept->next = held.imported;
  held.imported = kept;
  return true;
}

static const char *nounOf(moat_extern_kind kind) {
  return kind == MOAT_MEMORY   ? "a memory"
         : kind == MOAT_TABLE  ? "a table"
         : kind == MOAT_GLOBAL ? "a global"
                               : "a tag";
}

/// What can be imported at all: functions. False: thrown.
static bool checkImports(napi_env env) {
  for (size_t i = 0; i < moat_import_count(&moat_module); ++i) {
    moat_import import = {};
    moat_extern_kind kind =
        moat_import_at(&moat_module, i, &import.module, &import.module_size,
                       &import.field, &import.field_size);
    if (kind != MOAT_FUNCTION)
      return failForImport(env, import, nounOf(kind),
                           "an addon cannot import one, only functions");
  }
  return true;
}

/// Appends to \p list what \p given, options.imports, has for the module.
/// False: thrown.
static bool readImports(napi_env env, Held &held, napi_value given,
                        moat_import *list, size_t &count) {
  napi_value functions;
  uint32_t found = 0;
  if (napi_create_array(env, &functions) != napi_ok)
    return false;
  for (size_t i = 0; i < moat_import_count(&moat_module); ++i) {
    moat_import import = moat_import_for(&moat_module, i, {});
    napi_value module, function;
    if (!getProperty(env, given, import.module, import.module_size, module))
      return false;
    napi_valuetype type = napi_object;
    if (module)
      napi_typeof(env, module, &type);
    if (type != napi_object && type != napi_function) {
      char text[512];
      snprintf(text, sizeof text, "options.imports: \"%.*s\" must be an object",
               static_cast<int>(import.module_size), import.module);
      return fail(env, "ERR_INVALID_ARG_TYPE", text), false;
    }
    if (!getProperty(env, module, import.field, import.field_size, function))
      return false;
    if (!function)
      continue; // WASI may have it; else linking names what is missing
    if (!importFunction(env, held, i, function, import) ||
        napi_set_element(env, functions, found++, function) != napi_ok)
      return false;
    list[count++] = import;
  }
  return !found || napi_create_reference(env, functions, 0, &held.functions) ==
                       napi_ok;
}

/// Lets a function that can call the instance keep the imported ones.
static void keepFunctions(napi_env env, const Held &held, napi_value function) {
  napi_property_descriptor property = {};
  if (!held.functions ||
      napi_get_reference_value(env, held.functions, &property.value) !=
          napi_ok ||
      napi_create_symbol(env, nullptr, &property.name) != napi_ok)
    return;
  napi_define_properties(env, function, 1, &property);
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
  memory.held->hold();
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
  Function function = {held, index, 0, 0, nullptr};
  moat_function_arity(&thing, &function.parameterCount, &function.resultCount);
  if (function.parameterCount <= mostValues &&
      function.resultCount <= mostValues) {
    function.types = keepTypes(held->store, thing,
                               function.parameterCount + function.resultCount);
    if (!function.types)
      return; // vectors and references: no value in JavaScript
  }
  void *data = moat_keep_copy(held->store, &function, sizeof function);
  if (!data)
    return;
  napi_value made, key;
  napi_create_function(env, name, nameSize, callExport, data, &made);
  held->hold();
  napi_add_finalizer(
      env, made, held,
      [](napi_env, void *held, void *) {
        static_cast<Held *>(held)->release();
      },
      nullptr, nullptr);
  keepFunctions(env, *held, made);
  napi_create_string_utf8(env, name, nameSize, &key);
  napi_set_property(env, exports, key, made);
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
  held->hold();
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
  napi_value imports = nullptr;
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
  options.imports = property(env, object, "imports");
  if (options.imports && typeOf(env, options.imports) != napi_object)
    return fail(env, "ERR_INVALID_ARG_TYPE",
                "options.imports must be an object"),
           false;
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

static napi_value failToRun(napi_env env, Held &held, const moat_error &error) {
  if (error.kind != MOAT_START_FAILED)
    return failBy(env, error);
  held.trap = error.trap;
  return failByEnding(env, held);
}

static napi_value start(napi_env env, napi_callback_info info) {
  Held *held = heldOf(env, info);
  Running running(env, *held);
  int32_t code = 0;
  moat_error error = {};
  if (!held->wasi)
    return fail(env, "ERR_INVALID_ARG_TYPE", "options.version is missing");
  if (!moat_wasi_start(held->wasi, held->instance, &code, &error) &&
      !catchExit(env, *held, code))
    return failToRun(env, *held, error);
  napi_value result;
  napi_create_int32(env, code, &result);
  return result;
}

static napi_value initialize(napi_env env, napi_callback_info info) {
  Held *held = heldOf(env, info);
  Running running(env, *held);
  int32_t code = 0;
  moat_error error = {};
  if (!held->wasi)
    return fail(env, "ERR_INVALID_ARG_TYPE", "options.version is missing");
  if (!moat_wasi_initialize(held->wasi, held->instance, &error) &&
      !catchExit(env, *held, code))
    return failToRun(env, *held, error);
  napi_value result;
  napi_get_undefined(env, &result);
  return result;
}

/// A function of the instance's, which keeps it.
static void addMethod(napi_env env, Held *held, napi_value instance,
                      const char *name, napi_callback callback) {
  napi_value method;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, held, &method);
  keepFunctions(env, *held, method);
  held->hold();
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
  const moat_import *wasi = nullptr;
  size_t count = 0;
  if (!checkImports(env))
    return false;
  if (options.wasi.version) {
    held.wasi = moat_create_wasi(held.store, &options.wasi, &error);
    if (!held.wasi)
      return failBy(env, error), false;
    wasi = moat_wasi_imports(held.wasi, &count);
  }
  // Functions of JavaScript last: they replace WASI's.
  size_t most = count + moat_import_count(&moat_module);
  auto *imports = static_cast<moat_import *>(calloc(most + 1, sizeof(*wasi)));
  if (!imports)
    abort();
  if (count)
    memcpy(imports, wasi, count * sizeof(*wasi));
  bool isRead = readImports(env, held, options.imports, imports, count);
  if (isRead)
    held.instance =
        moat_instantiate(held.store, &moat_module, imports, count, &error);
  free(imports);
  if (isRead && !held.instance)
    failToRun(env, held, error);
  return held.instance;
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
  held->env = env;
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
