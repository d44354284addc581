// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Calls of the guest by JavaScript and of JavaScript by the guest.
//
// V8 does not run on the guest's stack, so imported functions are called on the
// host's. What they throw stays pending in Node-API while the guest's frames
// are left (moat_fail), and is thrown on when the addon returns to JavaScript.

#include "Addon.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace moat::node {

/// Room for \p count of T on the stack of the caller: calls nest, and most have
/// few values, but there may be 1,000.
#define ROOM(T, count)                                                         \
  static_cast<T *>(__builtin_alloca(((count) + 1) * sizeof(T)))

napi_value callExport(napi_env env, napi_callback_info info) {
  constexpr size_t usual = 6;
  napi_value few[usual];
  napi_value *arguments = few;
  size_t count = usual;
  void *data;
  napi_get_cb_info(env, info, &count, arguments, nullptr, &data);
  auto &function = *static_cast<Function *>(data);
  if (!function.types)
    return fail(env, "ERR_MOAT_TYPE",
                "an addon passes no vectors and no references but external ones to JavaScript");
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
    if (!fromJs(env, held, arguments[i], function.types[i], values[i]))
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
    return toJs(env, held, results[0], values[0]);
  if (function.resultCount == 0) // nothing is undefined
    return nullptr;
  napi_create_array_with_length(env, function.resultCount, &result);
  for (size_t i = 0; i < function.resultCount; ++i)
    napi_set_element(env, result, static_cast<uint32_t>(i),
                     toJs(env, held, results[i], values[i]));
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
        !fromJs(env, *imported.held, result,
                imported.types[imported.parameterCount + i], values[i]))
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
    arguments[i] = toJs(env, *imported.held, imported.types[i], values[i]);
  if (!function ||
      napi_call_function(env, self, function, imported.parameterCount,
                         arguments, &result) != napi_ok)
    return false;
  if (imported.resultCount > 1)
    return readResults(env, imported, result, values);
  return !imported.resultCount ||
         fromJs(env, *imported.held, result,
                imported.types[imported.parameterCount], values[0]);
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
    (void)fromJs(env, held, value, types[i], held.thrownValues[i]);
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
  failAs(env, "ERR_MOAT_LINK", text);
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
        "an addon passes no vectors and no references but external ones to JavaScript");
  if (napi_create_reference(env, function, 0, &kept->function) != napi_ok)
    return false;
  kept->next = held.imported;
  held.imported = kept;
  return true;
}

napi_value keptOf(napi_env env, Held &held) {
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

bool readImports(napi_env env, Held &held, napi_value values, moat_import *list,
                 size_t &count) {
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

void keepFunctions(napi_env env, Held &held, napi_value function) {
  napi_property_descriptor property = {};
  property.value = keptOf(env, held);
  if (napi_create_symbol(env, nullptr, &property.name) == napi_ok)
    napi_define_properties(env, function, 1, &property);
}

} // namespace moat::node
