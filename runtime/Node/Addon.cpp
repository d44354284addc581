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

#include "Prelude.h"
#include "moat/moat.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <node_api.h>

extern "C" const moat_module_descriptor moat_module;

namespace {

struct Imported;
struct Function;
struct Thing;

/// A store, shared by all that JavaScript holds of it; the last one frees it.
struct Held {
  napi_env env = nullptr;
  moat_store *store = nullptr;
  size_t holders = 0;
  /// The value that stands for it in JavaScript; weak.
  napi_ref self = nullptr;
  /// The imported functions, and a weak reference to an array of them, which
  /// is a property of all that can call an instance. So the garbage collector
  /// sees that they live, and cycles through them go.
  Imported *imported = nullptr;
  napi_ref kept = nullptr;
  /// Those that JavaScript was given, by their address.
  static constexpr size_t bucketCount = 64;
  Function *functions[bucketCount] = {};
  Thing *shown = nullptr; ///< memories with a buffer
  /// What was thrown last for an exit, and its code.
  napi_ref exitError = nullptr;
  int32_t exitCode = 0;
  moat_trap_info trap; ///< of the call that ended last
  /// What an imported function threw for the guest.
  moat_extern thrownTag = {};
  moat_value *thrownValues = nullptr;

  void hold() { ++holders; }
  void release();
};

/// The data of what runs an instance; the store's.
struct Instance {
  Held *held;
  moat_instance *instance;
  moat_wasi *wasi;
};

/// The data of a function of the guest's; the store's.
struct Function {
  Held *held;
  moat_extern function;
  /// The export that it is, too, which is called with less ado; or null.
  moat_instance *instance;
  size_t exportIndex;
  size_t parameterCount, resultCount;
  const moat_kind *types; ///< parameters, then results; null: see fits()
  napi_ref made;          ///< weak
  Function *next;
};

/// The data of an imported function; the store's.
struct Imported {
  Held *held;
  napi_ref function; ///< weak
  size_t parameterCount, resultCount;
  const moat_kind *types;
  Imported *next;
};

/// What stands for a memory, table, global or tag; holds the store.
struct Thing {
  Held *held;
  moat_extern thing;
  // Of a memory: the buffer that was made last, weak; and the next one that has
  // one.
  napi_ref buffer = nullptr;
  uint64_t size = 0;
  Thing *next = nullptr;
};

/// Of the addon in one environment: functions of the prelude.
struct Callbacks {
  napi_ref makeException = nullptr;
  napi_ref partsOf = nullptr;
};

/// What functions of a guest are known by.
constexpr napi_type_tag functionTag = {0x6d6f61742066756e, 0x6374696f6e202020};

/// While an instance may run: a function of JavaScript may drop all else that
/// holds it and its imports.
class Running {
public:
  Running(napi_env env, Held &held) : held(held) {
    held.hold();
    napi_value kept;
    if (held.imported && held.kept)
      napi_get_reference_value(env, held.kept, &kept);
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
  for (Function *bucket : functions)
    for (Function *each = bucket; each; each = each->next)
      if (each->made)
        napi_delete_reference(env, each->made);
  napi_ref references[] = {self, kept, exitError};
  for (napi_ref reference : references)
    if (reference)
      napi_delete_reference(env, reference);
  free(thrownValues);
  moat_destroy_store(store);
  free(this);
}

static void *dataOf(napi_env env, napi_value external) {
  void *data = nullptr;
  napi_get_value_external(env, external, &data);
  return data;
}
static Held &heldIn(napi_env env, napi_value external) {
  return *static_cast<Held *>(dataOf(env, external));
}
static Thing &thingIn(napi_env env, napi_value external) {
  return *static_cast<Thing *>(dataOf(env, external));
}

/// The same value for a store as long as JavaScript has it.
static napi_value valueOf(napi_env env, Held &held) {
  napi_value value = nullptr;
  if (held.self) {
    napi_get_reference_value(env, held.self, &value);
    if (value)
      return value;
    napi_delete_reference(env, held.self);
    held.self = nullptr;
  }
  held.hold();
  auto release = [](napi_env, void *held, void *) {
    static_cast<Held *>(held)->release();
  };
  napi_create_external(env, &held, release, nullptr, &value);
  napi_create_reference(env, value, 0, &held.self);
  return value;
}

/// Takes a memory's buffer away from JavaScript.
static void hideBuffer(napi_env env, Thing &memory, bool isDetached) {
  if (!memory.buffer)
    return;
  for (Thing **at = &memory.held->shown; *at; at = &(*at)->next)
    if (*at == &memory) {
      *at = memory.next;
      break;
    }
  napi_value buffer = nullptr;
  if (isDetached) {
    napi_get_reference_value(env, memory.buffer, &buffer);
    if (buffer)
      napi_detach_arraybuffer(env, buffer);
  }
  napi_delete_reference(env, memory.buffer);
  memory.buffer = nullptr;
}

/// Before JavaScript runs again: a buffer of a memory that has grown is of no
/// use any more, as in JavaScript's own, and its bytes may be elsewhere.
static inline void hideOldBuffers(napi_env env, Held &held) {
  for (Thing *each = held.shown; __builtin_expect(each != nullptr, 0);) {
    Thing *next = each->next;
    if (moat_memory_size(&each->thing) != each->size)
      hideBuffer(env, *each, true);
    each = next;
  }
}

static napi_value makeThing(napi_env env, Held &held,
                            const moat_extern &thing) {
  auto *data = static_cast<Thing *>(malloc(sizeof(Thing)));
  if (!data)
    abort();
  new (data) Thing{&held, thing};
  held.hold();
  napi_value value = nullptr;
  napi_create_external(
      env, data,
      [](napi_env env, void *data, void *) {
        auto *thing = static_cast<Thing *>(data);
        hideBuffer(env, *thing, false);
        thing->held->release();
        free(thing);
      },
      nullptr, &value);
  return value;
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

static napi_value toJs(napi_env env, moat_kind type, const moat_value &value);
static bool readTypes(const char *text, moat_kind *types, size_t count);

/// The types of the values of a tag, or of a function's parameters and results,
/// to be freed; null: one has no value in JavaScript that we make.
static moat_kind *typesOf(const moat_extern &thing, size_t count) {
  // The longest that we make is `externref`.
  size_t size = 64 + 12 * count;
  auto *types = static_cast<moat_kind *>(malloc(count * sizeof(moat_kind) + 1));
  auto *text = static_cast<char *>(malloc(size));
  if (!types || !text)
    abort();
  moat_type_text(&thing, text, size);
  // That of a tag has a function's in it.
  bool isRead =
      readTypes(thing.kind == MOAT_TAG ? text + 5 : text, types, count);
  free(text);
  if (isRead)
    return types;
  free(types);
  return nullptr;
}

/// An exception that no guest caught, as the prelude's class.
static napi_value makeException(napi_env env, Held &held,
                                napi_value backtrace) {
  void *data = nullptr;
  napi_get_instance_data(env, &data);
  napi_value function, undefined, result = nullptr, values;
  napi_get_reference_value(env, static_cast<Callbacks *>(data)->makeException,
                           &function);
  napi_get_undefined(env, &undefined);
  size_t count;
  const moat_value *thrown = moat_exception_values(&held.trap, &count);
  moat_extern tag = moat_exception_tag(held.store, &held.trap);
  moat_kind *types = typesOf(tag, count);
  napi_create_array_with_length(env, count, &values);
  for (uint32_t i = 0; i < count && types; ++i)
    napi_set_element(env, values, i, toJs(env, types[i], thrown[i]));
  free(types);
  napi_value arguments[] = {valueOf(env, held), makeThing(env, held, tag),
                            values, backtrace};
  napi_call_function(env, undefined, function, 4, arguments, &result);
  return result;
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
  if (isExit)
    napi_create_int32(env, static_cast<int32_t>(trap.exit_code), &detail);
  else
    napi_create_string_utf8(env, end ? end + 1 : "", NAPI_AUTO_LENGTH, &detail);
  if (trap.ending == MOAT_THREW)
    return makeException(env, held, detail);
  if (napi_create_error(env, code, message, &error) != napi_ok)
    return nullptr;
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

/// The same, kept with the store.
static const moat_kind *keepTypes(moat_store *store,
                                  const moat_extern &function, size_t count) {
  moat_kind *types = typesOf(function, count);
  void *kept =
      types ? moat_keep_copy(store, types, count * sizeof(moat_kind)) : nullptr;
  free(types);
  return static_cast<const moat_kind *>(kept);
}

// Calls.

/// Room for \p count of T on the stack of the caller: calls nest, and most have
/// few values, but there may be 1,000.
#define ROOM(T, count)                                                         \
  static_cast<T *>(__builtin_alloca(((count) + 1) * sizeof(T)))

static napi_value callExport(napi_env env, napi_callback_info info) {
  constexpr size_t usual = 6;
  napi_value few[usual];
  napi_value *arguments = few;
  size_t count = usual;
  void *data;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  auto &function = *static_cast<Function *>(data);
  if (!function.types)
    return fail(env, "ERR_MOAT_TYPE",
                "an addon passes no vectors or references to JavaScript");
  if (function.parameterCount > usual) {
    count = function.parameterCount;
    arguments = ROOM(napi_value, count);
    napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  }
  moat_value *values =
      ROOM(moat_value, function.parameterCount > function.resultCount
                           ? function.parameterCount
                           : function.resultCount);
  Held &held = *function.held;
  Running running(env, held);
  for (size_t i = 0; i < function.parameterCount; ++i)
    if (!fromJs(env, arguments[i], function.types[i], values[i]))
      return nullptr;
  moat_ending ending =
      function.instance
          ? moat_call_export(function.instance, function.exportIndex, values,
                             &held.trap)
          : moat_call(function.function, values, &held.trap);
  hideOldBuffers(env, held);
  if (ending != MOAT_RETURNED)
    return failByEnding(env, held);
  const moat_kind *results = function.types + function.parameterCount;
  napi_value result = nullptr;
  if (function.resultCount == 1)
    return toJs(env, results[0], values[0]);
  if (function.resultCount == 0) // nothing is undefined
    return nullptr;
  napi_create_array_with_length(env, function.resultCount, &result);
  for (size_t i = 0; i < function.resultCount; ++i)
    napi_set_element(env, result, static_cast<uint32_t>(i),
                     toJs(env, results[i], values[i]));
  return result;
}

namespace {

/// A call of an imported function, on its way to the host's stack.
struct ImportCall {
  const Imported &imported;
  moat_value *values;
  bool hasReturned;
  bool isException; ///< it threw Held::thrownTag
};

} // namespace

/// Several results: what any iterable gives (WebAssembly JavaScript Interface,
/// "create a host function"). False: thrown.
static bool readResults(napi_env env, const Imported &imported,
                        napi_value given, moat_value *values) {
  bool isArray = false;
  napi_is_array(env, given, &isArray);
  if (!isArray) {
    napi_value global, symbol, iterator, array, from;
    napi_valuetype type = napi_undefined;
    if (napi_get_global(env, &global) != napi_ok ||
        napi_get_named_property(env, global, "Symbol", &symbol) != napi_ok ||
        napi_get_named_property(env, symbol, "iterator", &iterator) != napi_ok)
      return false;
    // Of undefined and null it fails, and throws.
    napi_value object, method = nullptr;
    if (napi_coerce_to_object(env, given, &object) == napi_ok &&
        napi_get_property(env, object, iterator, &method) == napi_ok)
      napi_typeof(env, method, &type);
    if (isThrowing(env))
      return false;
    if (type != napi_function)
      return fail(env, "ERR_INVALID_ARG_TYPE",
                  "several results must be iterable"),
             false;
    if (napi_get_named_property(env, global, "Array", &array) != napi_ok ||
        napi_get_named_property(env, array, "from", &from) != napi_ok ||
        napi_call_function(env, array, from, 1, &given, &given) != napi_ok)
      return false;
  }
  uint32_t count = 0;
  if (napi_get_array_length(env, given, &count) != napi_ok ||
      count != imported.resultCount)
    return fail(env, "ERR_INVALID_ARG_VALUE", "a wrong number of results"),
           false;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value result;
    if (napi_get_element(env, given, i, &result) != napi_ok ||
        !fromJs(env, result, imported.types[imported.parameterCount + i],
                values[i]))
      return false;
  }
  return true;
}

/// False: thrown.
static bool callFunction(napi_env env, const Imported &imported,
                         moat_value *values) {
  napi_value function = nullptr, self, result;
  auto *arguments = ROOM(napi_value, imported.parameterCount);
  napi_get_reference_value(env, imported.function, &function);
  napi_get_undefined(env, &self);
  for (size_t i = 0; i < imported.parameterCount; ++i)
    arguments[i] = toJs(env, imported.types[i], values[i]);
  if (!function ||
      napi_call_function(env, self, function, imported.parameterCount,
                         arguments, &result) != napi_ok)
    return false;
  if (imported.resultCount > 1)
    return readResults(env, imported, result, values);
  return !imported.resultCount ||
         fromJs(env, result, imported.types[imported.parameterCount],
                values[0]);
}

/// Whether what was thrown is an exception of the guest's store: then it is
/// pending no more, but noted for it.
static bool takeException(napi_env env, Held &held) {
  napi_value thrown, function, undefined, parts = nullptr, thing, list;
  void *data = nullptr;
  if (!isThrowing(env) ||
      napi_get_and_clear_last_exception(env, &thrown) != napi_ok)
    return false;
  napi_get_instance_data(env, &data);
  napi_get_reference_value(env, static_cast<Callbacks *>(data)->partsOf,
                           &function);
  napi_get_undefined(env, &undefined);
  bool isArray = false;
  if (napi_call_function(env, undefined, function, 1, &thrown, &parts) ==
      napi_ok)
    napi_is_array(env, parts, &isArray);
  bool isOurs = false;
  if (isArray) {
    napi_get_element(env, parts, 0, &thing);
    napi_get_element(env, parts, 1, &list);
    held.thrownTag = thingIn(env, thing).thing;
    isOurs = held.thrownTag.store == held.store;
  }
  if (!isOurs) {
    napi_throw(env, thrown);
    return false;
  }
  size_t count;
  moat_function_arity(&held.thrownTag, &count, nullptr);
  moat_kind *types = typesOf(held.thrownTag, count);
  free(held.thrownValues);
  held.thrownValues = static_cast<moat_value *>(
      aligned_alloc(alignof(moat_value), (count + 1) * sizeof(moat_value)));
  if (!held.thrownValues)
    abort();
  memset(held.thrownValues, 0, (count + 1) * sizeof(moat_value));
  for (uint32_t i = 0; i < count && types; ++i) {
    napi_value value;
    napi_get_element(env, list, i, &value);
    (void)fromJs(env, value, types[i], held.thrownValues[i]);
  }
  free(types);
  return true;
}

static void runImport(void *argument) {
  auto &call = *static_cast<ImportCall *>(argument);
  napi_env env = call.imported.held->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok)
    return;
  hideOldBuffers(env, *call.imported.held);
  call.hasReturned = callFunction(env, call.imported, call.values);
  if (!call.hasReturned)
    call.isException = takeException(env, *call.imported.held);
  napi_close_handle_scope(env, scope);
}

/// What compiled code calls.
static void callImport(void *context, moat_value *values) {
  auto &imported = *static_cast<Imported *>(context);
  ImportCall call = {imported, values, false, false};
  moat_call_on_host_stack(runImport, &call);
  if (call.isException)
    moat_throw(imported.held->thrownTag, imported.held->thrownValues);
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

/// The array of functions that live as long as the store can be run.
static napi_value keptOf(napi_env env, Held &held) {
  napi_value array = nullptr;
  if (held.kept) {
    napi_get_reference_value(env, held.kept, &array);
    if (array)
      return array;
    napi_delete_reference(env, held.kept);
  }
  napi_create_array(env, &array);
  napi_create_reference(env, array, 0, &held.kept);
  return array;
}

/// Appends to \p list what the prelude found for each import, \p values. False:
/// thrown.
static bool readImports(napi_env env, Held &held, napi_value values,
                        moat_import *list, size_t &count) {
  napi_value functions = keptOf(env, held);
  uint32_t found = 0;
  napi_get_array_length(env, functions, &found);
  for (size_t i = 0; i < moat_import_count(&moat_module); ++i) {
    moat_import import = moat_import_for(&moat_module, i, {});
    napi_value value;
    napi_valuetype type = napi_undefined;
    if (napi_get_element(env, values, static_cast<uint32_t>(i), &value) !=
            napi_ok ||
        napi_typeof(env, value, &type) != napi_ok)
      return false;
    if (type == napi_undefined)
      continue; // WASI may have it; else linking names what is missing
    moat_extern_kind kind =
        moat_import_at(&moat_module, i, &import.module, &import.module_size,
                       &import.field, &import.field_size);
    if (kind != MOAT_FUNCTION)
      import.provided = thingIn(env, value).thing;
    else if (!importFunction(env, held, i, value, import) ||
             napi_set_element(env, functions, found++, value) != napi_ok)
      return false;
    list[count++] = import;
  }
  return true;
}

/// Lets a function that can call an instance keep the imported ones.
static void keepFunctions(napi_env env, Held &held, napi_value function) {
  napi_property_descriptor property = {};
  property.value = keptOf(env, held);
  if (napi_create_symbol(env, nullptr, &property.name) == napi_ok)
    napi_define_properties(env, function, 1, &property);
}

// What is exported, and what JavaScript makes: the functions of the prelude's
// `native`. They trust it.

namespace {

template <size_t count>
struct Arguments {
  napi_value value[count];
};

} // namespace

template <size_t count>
static Arguments<count> argumentsOf(napi_env env, napi_callback_info info) {
  Arguments<count> all;
  size_t given = count;
  napi_get_cb_info(env, info, &given, all.value, nullptr, nullptr);
  return all;
}

static napi_value getBuffer(napi_env env, napi_callback_info info) {
  napi_value argument = argumentsOf<1>(env, info).value[0];
  Thing &memory = thingIn(env, argument);
  uint64_t size = moat_memory_size(&memory.thing);
  napi_value buffer = nullptr;
  if (memory.buffer && size == memory.size)
    napi_get_reference_value(env, memory.buffer, &buffer);
  if (buffer)
    return buffer;
  hideBuffer(env, memory, true);
  auto release = [](napi_env, void *, void *held) {
    static_cast<Held *>(held)->release();
  };
  memory.held->hold();
  if (napi_create_external_arraybuffer(env, moat_memory_base(&memory.thing),
                                       size, release, memory.held,
                                       &buffer) != napi_ok) {
    memory.held->release();
    return fail(env, "ERR_MOAT_BUFFER", "the memory cannot be shown");
  }
  memory.size = size;
  napi_create_reference(env, buffer, 0, &memory.buffer);
  memory.next = memory.held->shown;
  memory.held->shown = &memory;
  return buffer;
}

/// A function of the guest's in JavaScript: one for each, so that they can be
/// compared.
static napi_value functionOf(napi_env env, Held &held, const moat_extern &thing,
                             const char *name, size_t nameSize,
                             moat_instance *instance = nullptr,
                             size_t exportIndex = 0) {
  size_t bucket =
      reinterpret_cast<uintptr_t>(thing.object) / 32 % Held::bucketCount;
  Function *function = held.functions[bucket];
  while (function && function->function.object != thing.object)
    function = function->next;
  napi_value made = nullptr;
  if (function && function->made) {
    napi_get_reference_value(env, function->made, &made);
    if (made)
      return made;
    napi_delete_reference(env, function->made);
    function->made = nullptr;
  }
  if (!function) {
    Function added = {&held, thing,   instance, exportIndex, 0,
                      0,     nullptr, nullptr,  nullptr};
    moat_function_arity(&thing, &added.parameterCount, &added.resultCount);
    added.types =
        keepTypes(held.store, thing, added.parameterCount + added.resultCount);
    added.next = held.functions[bucket];
    function = static_cast<Function *>(
        moat_keep_copy(held.store, &added, sizeof added));
    if (!function)
      abort();
    held.functions[bucket] = function;
  }
  napi_create_function(env, name, nameSize, callExport, function, &made);
  held.hold();
  napi_wrap(
      env, made, function,
      [](napi_env, void *function, void *) {
        static_cast<Function *>(function)->held->release();
      },
      nullptr, nullptr);
  napi_type_tag_object(env, made, &functionTag);
  keepFunctions(env, held, made);
  napi_create_reference(env, made, 0, &function->made);
  return made;
}

/// The reference that a value is of: null, or a function of the same store.
/// False: neither.
static bool toReference(napi_env env, Held &held, napi_value value,
                        void *&reference) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  reference = nullptr;
  if (type == napi_null)
    return true;
  bool isOurs = false;
  void *data = nullptr;
  if (type != napi_function ||
      napi_check_object_type_tag(env, value, &functionTag, &isOurs) !=
          napi_ok ||
      !isOurs || napi_unwrap(env, value, &data) != napi_ok)
    return false;
  auto *function = static_cast<Function *>(data);
  reference = moat_function_reference(&function->function);
  return function->held == &held;
}

static const char *kindName(moat_extern_kind kind) {
  static constexpr const char *names[] = {"Function", "Table", "Memory",
                                          "Global", "Tag"};
  return names[kind];
}

static napi_value toString(napi_env env, const char *text,
                           size_t size = NAPI_AUTO_LENGTH) {
  napi_value string = nullptr;
  napi_create_string_utf8(env, text, size, &string);
  return string;
}

static napi_value toBoolean(napi_env env, bool isTrue) {
  napi_value value = nullptr;
  napi_get_boolean(env, isTrue, &value);
  return value;
}

static napi_value toNumber(napi_env env, int64_t number) {
  napi_value value = nullptr;
  napi_create_int64(env, number, &value);
  return value;
}

static uint32_t uint32Of(napi_env env, napi_value value) {
  uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

/// The type of a global; false: it has no value in JavaScript that we make.
static bool globalType(const moat_extern &global, moat_kind &type,
                       bool &isMutable) {
  char text[64];
  moat_type_text(&global, text, sizeof text);
  isMutable = strncmp(text, "(global (mut ", 13) == 0;
  return readTypes(isMutable ? text + 7 : text, &type, 1);
}

static bool readKind(napi_env env, napi_value name, moat_kind &type) {
  char text[16];
  size_t size;
  text[0] = ' ';
  napi_get_value_string_utf8(env, name, text + 1, sizeof text - 1, &size);
  return readTypes(text, &type, 1);
}

static napi_value makeExports(napi_env env, Held &held,
                              moat_instance *instance) {
  napi_value exports;
  napi_create_array(env, &exports);
  for (size_t i = 0; i < moat_export_count(instance); ++i) {
    const char *name;
    size_t nameSize;
    moat_extern thing = moat_export_at(instance, i, &name, &nameSize);
    napi_value entry;
    napi_create_array(env, &entry);
    napi_set_element(env, entry, 0, toString(env, name, nameSize));
    napi_set_element(env, entry, 1, toString(env, kindName(thing.kind)));
    napi_set_element(
        env, entry, 2,
        thing.kind == MOAT_FUNCTION
            ? functionOf(env, held, thing, name, nameSize, instance, i)
            : makeThing(env, held, thing));
    napi_set_element(env, exports, static_cast<uint32_t>(i), entry);
  }
  return exports;
}

/// imports() -> [{module, name, kind, wanted, type}]; the type is a global's.
static napi_value listImports(napi_env env, napi_callback_info) {
  napi_value list;
  napi_create_array(env, &list);
  for (size_t i = 0; i < moat_import_count(&moat_module); ++i) {
    const char *module, *field;
    size_t moduleSize, fieldSize;
    moat_extern_kind kind = moat_import_at(&moat_module, i, &module,
                                           &moduleSize, &field, &fieldSize);
    char wanted[512];
    moat_import_type_text(&moat_module, i, wanted, sizeof wanted);
    napi_value entry;
    napi_create_object(env, &entry);
    napi_set_named_property(env, entry, "module",
                            toString(env, module, moduleSize));
    napi_set_named_property(env, entry, "name",
                            toString(env, field, fieldSize));
    napi_set_named_property(env, entry, "kind", toString(env, kindName(kind)));
    napi_set_named_property(env, entry, "wanted", toString(env, wanted));
    if (kind == MOAT_GLOBAL) {
      const char *type = strrchr(wanted, ' ') + 1;
      napi_set_named_property(env, entry, "type",
                              toString(env, type, strcspn(type, ")")));
    }
    napi_set_element(env, list, static_cast<uint32_t>(i), entry);
  }
  return list;
}

/// createStore() -> held
static napi_value createStore(napi_env env, napi_callback_info) {
  auto *held = static_cast<Held *>(malloc(sizeof(Held)));
  if (!held)
    abort();
  new (held) Held;
  held->env = env;
  held->store = moat_create_store(nullptr);
  if (held->store)
    return valueOf(env, *held);
  free(held);
  napi_throw_error(env, "ERR_MOAT_RESOURCES", "no memory or address space");
  return nullptr;
}

/// keptOf(held) -> the array
static napi_value keptOf(napi_env env, napi_callback_info info) {
  return keptOf(env, heldIn(env, argumentsOf<1>(env, info).value[0]));
}

/// A thing of the host's own, or throws.
static napi_value madeOf(napi_env env, Held &held, const moat_extern &thing) {
  if (thing.object)
    return makeThing(env, held, thing);
  napi_throw_range_error(env, "ERR_MOAT_RESOURCES",
                         "no memory, or past what can be had");
  return nullptr;
}

static uint64_t maximumOf(napi_env env, napi_value value) {
  uint32_t number;
  return napi_get_value_uint32(env, value, &number) == napi_ok ? number
                                                               : UINT64_MAX;
}

/// makeMemory(held, initial, maximum or undefined, shared)
static napi_value makeMemory(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<4>(env, info);
  Held &held = heldIn(env, value[0]);
  bool isShared = false;
  napi_get_value_bool(env, value[3], &isShared);
  return madeOf(env, held,
                moat_make_memory(held.store, uint32Of(env, value[1]),
                                 maximumOf(env, value[2]), isShared));
}

/// makeTable(held, initial, maximum or undefined)
static napi_value makeTable(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<3>(env, info);
  Held &held = heldIn(env, value[0]);
  return madeOf(env, held,
                moat_make_table(held.store, MOAT_FUNCREF, false,
                                uint32Of(env, value[1]),
                                maximumOf(env, value[2])));
}

/// makeGlobal(held, type, isMutable, value)
static napi_value makeGlobal(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<4>(env, info);
  Held &held = heldIn(env, value[0]);
  bool isMutable = false;
  moat_kind type;
  moat_value first = {};
  napi_get_value_bool(env, value[2], &isMutable);
  if (!readKind(env, value[1], type) || !fromJs(env, value[3], type, first))
    return nullptr;
  return madeOf(env, held,
                moat_make_global(held.store, type, isMutable, first));
}

/// makeTag(held, text)
static napi_value makeTag(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  Held &held = heldIn(env, value[0]);
  size_t size = 0;
  napi_get_value_string_utf8(env, value[1], nullptr, 0, &size);
  auto *text = static_cast<char *>(malloc(size + 1));
  if (!text)
    abort();
  napi_get_value_string_utf8(env, value[1], text, size + 1, &size);
  moat_extern tag = moat_make_tag(held.store, text);
  free(text);
  return madeOf(env, held, tag);
}

/// memoryGrow(memory, pages) -> the old size, or -1
static napi_value growMemory(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  Thing &memory = thingIn(env, value[0]);
  int64_t old = moat_grow_memory(&memory.thing, uint32Of(env, value[1]));
  // Growth by nothing makes a new one, too.
  if (old >= 0)
    hideBuffer(env, memory, true);
  hideOldBuffers(env, *memory.held);
  return toNumber(env, old);
}

static napi_value tableLength(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<1>(env, info);
  return toNumber(env, static_cast<int64_t>(
                           moat_table_size(&thingIn(env, value[0]).thing)));
}

/// tableGet(table, index) -> a function or null
static napi_value getElement(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  Thing &table = thingIn(env, value[0]);
  void *element = nullptr;
  napi_value result = nullptr;
  moat_get_element(&table.thing, uint32Of(env, value[1]), &element);
  moat_extern function = moat_function_of(table.held->store, element);
  if (function.object)
    return functionOf(env, *table.held, function, "", 0);
  if (element)
    return fail(env, "ERR_MOAT_TYPE",
                "an addon passes no references but functions to JavaScript");
  napi_get_null(env, &result);
  return result;
}

/// tableSet(table, index, value) -> whether it may be there
static napi_value setElement(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<3>(env, info);
  Thing &table = thingIn(env, value[0]);
  void *element;
  return toBoolean(env, toReference(env, *table.held, value[2], element) &&
                            moat_set_element(&table.thing,
                                             uint32Of(env, value[1]), element));
}

/// tableGrow(table, count, value) -> the old size, or -1
static napi_value growTable(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<3>(env, info);
  Thing &table = thingIn(env, value[0]);
  void *element;
  bool isReference = toReference(env, *table.held, value[2], element);
  return toNumber(
      env, isReference
               ? moat_grow_table(&table.thing, uint32Of(env, value[1]), element)
               : -1);
}

static napi_value getGlobal(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<1>(env, info);
  Thing &global = thingIn(env, value[0]);
  moat_kind type;
  bool isMutable;
  if (!globalType(global.thing, type, isMutable))
    return fail(env, "ERR_MOAT_TYPE",
                "an addon passes no vectors or references to JavaScript");
  return toJs(env, type, moat_get_global(&global.thing));
}

/// globalSet(global, value) -> whether it is mutable
static napi_value setGlobal(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  Thing &global = thingIn(env, value[0]);
  moat_kind type;
  bool isMutable;
  moat_value number = {};
  if (!globalType(global.thing, type, isMutable))
    return fail(env, "ERR_MOAT_TYPE",
                "an addon passes no vectors or references to JavaScript");
  if (!isMutable)
    return toBoolean(env, false);
  if (!fromJs(env, value[1], type, number))
    return nullptr;
  return toBoolean(env, moat_set_global(&global.thing, number));
}

/// isSame(one, other): whether two stand for one thing
static napi_value isSame(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  return toBoolean(env, thingIn(env, value[0]).thing.object ==
                            thingIn(env, value[1]).thing.object);
}

/// idOf(thing) -> a number that no other thing of the store has
static napi_value idOf(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<1>(env, info);
  return toNumber(
      env, reinterpret_cast<intptr_t>(thingIn(env, value[0]).thing.object));
}

/// convert(type, value): what the guest's value would be in JavaScript
static napi_value convert(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  moat_kind type;
  moat_value converted = {};
  if (!readKind(env, value[0], type) || !fromJs(env, value[1], type, converted))
    return nullptr;
  return toJs(env, type, converted);
}

/// convertAll(tag, values): the same of all values of an exception
static napi_value convertAll(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  const moat_extern &tag = thingIn(env, value[0]).thing;
  size_t count;
  uint32_t given = 0;
  moat_function_arity(&tag, &count, nullptr);
  napi_get_array_length(env, value[1], &given);
  if (given != count)
    return fail(env, "ERR_INVALID_ARG_VALUE",
                "Exception: not as many values as the tag has");
  moat_kind *types = typesOf(tag, count);
  napi_value all = nullptr;
  bool isRead = true;
  napi_create_array_with_length(env, count, &all);
  for (uint32_t i = 0; i < count && isRead && types; ++i) {
    napi_value each;
    moat_value converted = {};
    isRead = napi_get_element(env, value[1], i, &each) == napi_ok &&
             fromJs(env, each, types[i], converted) &&
             napi_set_element(env, all, i, toJs(env, types[i], converted)) ==
                 napi_ok;
  }
  free(types);
  return isRead ? all : nullptr;
}

/// setCallbacks(makeException, partsOf)
static napi_value setCallbacks(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  auto *callbacks = static_cast<Callbacks *>(malloc(sizeof(Callbacks)));
  if (!callbacks)
    abort();
  new (callbacks) Callbacks;
  napi_create_reference(env, value[0], 1, &callbacks->makeException);
  napi_create_reference(env, value[1], 1, &callbacks->partsOf);
  napi_set_instance_data(
      env, callbacks, [](napi_env, void *data, void *) { free(data); },
      nullptr);
  return nullptr;
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

static Instance &instanceOf(napi_env env, napi_callback_info info) {
  void *data;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  return *static_cast<Instance *>(data);
}

static napi_value failToRun(napi_env env, Held &held, const moat_error &error) {
  if (error.kind != MOAT_START_FAILED)
    return failBy(env, error);
  held.trap = error.trap;
  return failByEnding(env, held);
}

static napi_value start(napi_env env, napi_callback_info info) {
  Instance &instance = instanceOf(env, info);
  Held &held = *instance.held;
  Running running(env, held);
  int32_t code = 0;
  moat_error error = {};
  if (!instance.wasi)
    return fail(env, "ERR_INVALID_ARG_TYPE", "options.version is missing");
  bool hasReturned =
      moat_wasi_start(instance.wasi, instance.instance, &code, &error);
  hideOldBuffers(env, held);
  if (!hasReturned && !catchExit(env, held, code))
    return failToRun(env, held, error);
  napi_value result;
  napi_create_int32(env, code, &result);
  return result;
}

static napi_value initialize(napi_env env, napi_callback_info info) {
  Instance &instance = instanceOf(env, info);
  Held &held = *instance.held;
  Running running(env, held);
  int32_t code = 0;
  moat_error error = {};
  if (!instance.wasi)
    return fail(env, "ERR_INVALID_ARG_TYPE", "options.version is missing");
  bool hasReturned =
      moat_wasi_initialize(instance.wasi, instance.instance, &error);
  hideOldBuffers(env, held);
  if (!hasReturned && !catchExit(env, held, code))
    return failToRun(env, held, error);
  napi_value result;
  napi_get_undefined(env, &result);
  return result;
}

/// A function of the instance's, which keeps it.
static void addMethod(napi_env env, Instance &instance, napi_value object,
                      const char *name, napi_callback callback) {
  napi_value method;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, &instance,
                       &method);
  keepFunctions(env, *instance.held, method);
  instance.held->hold();
  napi_add_finalizer(
      env, method, instance.held,
      [](napi_env, void *held, void *) {
        static_cast<Held *>(held)->release();
      },
      nullptr, nullptr);
  napi_set_named_property(env, object, name, method);
}

static bool instantiate(napi_env env, Instance &made, const Options &options,
                        napi_value values) {
  moat_error error = {};
  const moat_import *wasi = nullptr;
  size_t count = 0;
  Held &held = *made.held;
  if (options.wasi.version) {
    made.wasi = moat_create_wasi(held.store, &options.wasi, &error);
    if (!made.wasi)
      return failBy(env, error), false;
    wasi = moat_wasi_imports(made.wasi, &count);
  }
  // Functions of JavaScript last: they replace WASI's.
  size_t most = count + moat_import_count(&moat_module);
  auto *imports = static_cast<moat_import *>(calloc(most + 1, sizeof(*wasi)));
  if (!imports)
    abort();
  if (count)
    memcpy(imports, wasi, count * sizeof(*wasi));
  bool isRead = readImports(env, held, values, imports, count);
  if (isRead)
    made.instance =
        moat_instantiate(held.store, &moat_module, imports, count, &error);
  free(imports);
  if (isRead && !made.instance)
    failToRun(env, held, error);
  return made.instance;
}

/// create(held, options, values) -> {instance, exports}
static napi_value create(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<3>(env, info);
  Held &held = heldIn(env, value[0]);
  Running running(env, held);
  auto *options = static_cast<Options *>(malloc(sizeof(Options)));
  if (!options)
    abort();
  new (options) Options;
  Instance made = {&held, nullptr, nullptr};
  bool isMade = readOptions(env, value[1], *options) &&
                instantiate(env, made, *options, value[2]);
  options->~Options();
  free(options);
  if (!isMade)
    return nullptr;
  auto *kept =
      static_cast<Instance *>(moat_keep_copy(held.store, &made, sizeof made));
  if (!kept)
    abort();
  napi_value both, instance;
  napi_create_object(env, &both);
  napi_create_object(env, &instance);
  addMethod(env, *kept, instance, "start", start);
  addMethod(env, *kept, instance, "initialize", initialize);
  napi_set_named_property(env, both, "instance", instance);
  napi_set_named_property(env, both, "exports",
                          makeExports(env, held, made.instance));
  return both;
}

NAPI_MODULE_INIT() {
  static constexpr struct {
    const char *name;
    napi_callback callback;
  } natives[] = {
      {"imports", listImports},
      {"createStore", createStore},
      {"keptOf", keptOf},
      {"makeMemory", makeMemory},
      {"makeTable", makeTable},
      {"makeGlobal", makeGlobal},
      {"makeTag", makeTag},
      {"memoryBuffer", getBuffer},
      {"memoryGrow", growMemory},
      {"tableLength", tableLength},
      {"tableGet", getElement},
      {"tableSet", setElement},
      {"tableGrow", growTable},
      {"globalGet", getGlobal},
      {"globalSet", setGlobal},
      {"isSame", isSame},
      {"idOf", idOf},
      {"convert", convert},
      {"convertAll", convertAll},
      {"create", create},
      {"setCallbacks", setCallbacks},
  };
  napi_value native, script, run, undefined, made = nullptr;
  napi_create_object(env, &native);
  for (auto &each : natives) {
    napi_value function;
    napi_create_function(env, each.name, NAPI_AUTO_LENGTH, each.callback,
                         nullptr, &function);
    napi_set_named_property(env, native, each.name, function);
  }
  napi_get_undefined(env, &undefined);
  if (napi_create_string_utf8(env, moat::node::prelude, NAPI_AUTO_LENGTH,
                              &script) != napi_ok ||
      napi_run_script(env, script, &run) != napi_ok ||
      napi_call_function(env, undefined, run, 1, &native, &made) != napi_ok)
    return nullptr;
  return made;
}
