// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Numbers, BigInts and exceptions, to JavaScript and from it, as the
// WebAssembly JavaScript Interface has them; and the errors that are thrown.

#include "Addon.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace moat::node {

napi_value fail(napi_env env, const char *code, const char *text) {
  napi_throw_type_error(env, code, text);
  return nullptr;
}

/// A function of the prelude's.
static napi_value callback(napi_env env, napi_ref Callbacks::*which) {
  void *data = nullptr;
  napi_value function = nullptr;
  napi_get_instance_data(env, &data);
  napi_get_reference_value(env, static_cast<Callbacks *>(data)->*which,
                           &function);
  return function;
}

napi_value makeError(napi_env env, const char *code, napi_value message) {
  napi_value undefined, arguments[2], error = nullptr;
  napi_get_undefined(env, &undefined);
  napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &arguments[0]);
  arguments[1] = message;
  bool isMade =
      napi_call_function(env, undefined, callback(env, &Callbacks::makeError),
                         2, arguments, &error) == napi_ok;
  return isMade ? error : nullptr;
}

napi_value failAs(napi_env env, const char *code, const char *text) {
  napi_value message, error;
  if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message) ==
          napi_ok &&
      (error = makeError(env, code, message)))
    napi_throw(env, error);
  return nullptr;
}

napi_value failBy(napi_env env, const moat_error &error) {
  if (error.kind == MOAT_INVALID_ARG_TYPE ||
      error.kind == MOAT_INVALID_ARG_VALUE)
    napi_throw_type_error(env, error.code, error.text);
  else if (error.kind == MOAT_UNLINKABLE)
    failAs(env, "ERR_MOAT_LINK", error.text);
  else
    napi_throw_error(env, error.code, error.text);
  return nullptr;
}

bool isThrowing(napi_env env) {
  bool isPending = false;
  napi_is_exception_pending(env, &isPending);
  return isPending;
}

moat_kind *typesOf(const moat_extern &thing, size_t count) {
  // The longest that we make is `(ref null extern)`.
  size_t size = 64 + 20 * count;
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
  napi_value undefined, result = nullptr, values;
  napi_get_undefined(env, &undefined);
  size_t count;
  const moat_value *thrown = moat_exception_values(&held.trap, &count);
  moat_extern tag = moat_exception_tag(held.store, &held.trap);
  moat_kind *types = typesOf(tag, count);
  napi_create_array_with_length(env, count, &values);
  for (uint32_t i = 0; i < count && types; ++i)
    napi_set_element(env, values, i, toJs(env, held, types[i], thrown[i]));
  free(types);
  napi_value arguments[] = {valueOf(env, held), makeThing(env, held, tag),
                            values, backtrace};
  napi_call_function(env, undefined, callback(env, &Callbacks::makeException),
                     4, arguments, &result);
  return result;
}

/// How the guest ended as an Error: the message is the specification's for a
/// trap, and there is the guest's backtrace; of an exit there is the code.
static napi_value makeError(napi_env env, Held &held) {
  const moat_trap_info &trap = held.trap;
  bool isExit = trap.ending == MOAT_EXITED;
  const char *code = isExit ? "ERR_MOAT_EXIT" : "ERR_MOAT_TRAP";
  char buffer[2000], *text = buffer;
  moat_describe_trap(held.store, &trap, text, sizeof buffer);
  // Of WASI's functions, whose text begins with Node's code.
  static constexpr char notStarted[] = "ERR_WASI_NOT_STARTED";
  if (trap.ending == MOAT_FAILED && trap.exit_code == MOAT_WASI_NOT_STARTED) {
    code = notStarted;
    text += sizeof notStarted + 1;
  }
  char *end = strchr(text, '\n');
  napi_value message, error, detail;
  napi_create_string_utf8(
      env, text, end ? size_t(end - text) : NAPI_AUTO_LENGTH, &message);
  if (isExit)
    napi_create_int32(env, static_cast<int32_t>(trap.exit_code), &detail);
  else
    napi_create_string_utf8(env, end ? end + 1 : "", NAPI_AUTO_LENGTH, &detail);
  if (trap.ending == MOAT_THREW)
    return makeException(env, held, detail);
  error = makeError(env, code, message);
  if (!error)
    return nullptr;
  napi_set_named_property(env, error, isExit ? "exitCode" : "backtrace",
                          detail);
  return error;
}

napi_value failByEnding(napi_env env, Held &held) {
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

bool catchExit(napi_env env, Held &held, int32_t &code) {
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

/// Addresses of external references are multiples of it, as addresses are.
static constexpr uintptr_t externUnit = 16;

bool toExtern(napi_env env, Held &held, napi_value js, void *&reference) {
  napi_valuetype type = napi_undefined;
  if (js)
    napi_typeof(env, js, &type);
  reference = nullptr;
  if (type == napi_null)
    return true;
  napi_value undefined, number;
  uint32_t id;
  napi_get_undefined(env, &undefined);
  napi_value arguments[] = {keptOf(env, held), js ? js : undefined};
  if (napi_call_function(env, undefined, callback(env, &Callbacks::externIdOf),
                         2, arguments, &number) != napi_ok ||
      napi_get_value_uint32(env, number, &id) != napi_ok)
    return false;
  reference = reinterpret_cast<void *>((uintptr_t(id) + 1) * externUnit);
  return true;
}

napi_value ofExtern(napi_env env, Held &held, void *reference) {
  napi_value undefined, arguments[2], js = nullptr;
  if (!reference) {
    napi_get_null(env, &js);
    return js;
  }
  uintptr_t id = reinterpret_cast<uintptr_t>(reference) / externUnit - 1;
  napi_get_undefined(env, &undefined);
  arguments[0] = keptOf(env, held);
  napi_create_uint32(env, static_cast<uint32_t>(id), &arguments[1]);
  bool isFound =
      napi_call_function(env, undefined, callback(env, &Callbacks::externOf), 2,
                         arguments, &js) == napi_ok;
  return isFound ? js : nullptr;
}

bool fromJs(napi_env env, Held &held, napi_value js, moat_kind type,
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
  case MOAT_EXTERNREF:
    return toExtern(env, held, js, value.ref);
  default:
    return false;
  }
}

napi_value toJs(napi_env env, Held &held, moat_kind type,
                const moat_value &value) {
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
  case MOAT_EXTERNREF:
    return ofExtern(env, held, value.ref);
  default:
    napi_get_undefined(env, &js);
    return js;
  }
}

bool readTypes(const char *text, moat_kind *types, size_t count) {
  static constexpr struct {
    const char *name;
    moat_kind kind;
  } known[] = {{"i32", MOAT_I32},
               {"i64", MOAT_I64},
               {"f32", MOAT_F32},
               {"f64", MOAT_F64},
               {"externref", MOAT_EXTERNREF},
               {"(ref null extern)", MOAT_EXTERNREF}};
  for (const char *at = strchr(text, ' '); at; at = strchr(at, ' ')) {
    ++at;
    bool isFound = false;
    for (auto &each : known)
      if (size_t size = strlen(each.name);
          count && strncmp(at, each.name, size) == 0) {
        *types++ = each.kind;
        at += size;
        --count;
        isFound = true;
        break;
      }
    if (!isFound && (*at != '(' || strncmp(at, "(ref ", 5) == 0))
      return false;
  }
  return count == 0;
}

const moat_kind *keepTypes(moat_store *store, const moat_extern &function,
                           size_t count) {
  moat_kind *types = typesOf(function, count);
  void *kept =
      types ? moat_keep_copy(store, types, count * sizeof(moat_kind)) : nullptr;
  free(types);
  return static_cast<const moat_kind *>(kept);
}

} // namespace moat::node
