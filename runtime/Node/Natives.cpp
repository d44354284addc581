// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What is exported, and what JavaScript makes: the functions of the prelude's
// `native`. They trust it.

#include "Addon.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace moat::node {

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

napi_value makeExports(napi_env env, Held &held, moat_instance *instance) {
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
      const char *type =
          strstr(wanted, "extern") ? "externref" : strrchr(wanted, ' ') + 1;
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

/// makeTable(held, initial, maximum or undefined, whether of references to
/// JavaScript's values)
static napi_value makeTable(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<4>(env, info);
  Held &held = heldIn(env, value[0]);
  bool isExtern = false;
  napi_get_value_bool(env, value[3], &isExtern);
  return madeOf(env, held,
                moat_make_table(
                    held.store, isExtern ? MOAT_EXTERNREF : MOAT_FUNCREF, false,
                    uint32Of(env, value[1]), maximumOf(env, value[2])));
}

/// makeGlobal(held, type, isMutable, value)
static napi_value makeGlobal(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<4>(env, info);
  Held &held = heldIn(env, value[0]);
  bool isMutable = false;
  moat_kind type;
  moat_value first = {};
  napi_get_value_bool(env, value[2], &isMutable);
  if (!readKind(env, value[1], type) ||
      !fromJs(env, held, value[3], type, first))
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

static bool isOfExtern(const moat_extern &table) {
  char text[100];
  moat_type_text(&table, text, sizeof text);
  return strstr(text, "(ref null extern)") || strstr(text, "externref");
}

/// The reference that a value is of in a table. False: it is none, or thrown.
static bool toElement(napi_env env, Thing &table, napi_value value,
                      void *&element) {
  return isOfExtern(table.thing)
             ? toExtern(env, *table.held, value, element)
             : toReference(env, *table.held, value, element);
}

/// isExternTable(table)
static napi_value isExternTable(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<1>(env, info);
  return toBoolean(env, isOfExtern(thingIn(env, value[0]).thing));
}

/// tableGet(table, index) -> a function or null, or what is referred to
static napi_value getElement(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  Thing &table = thingIn(env, value[0]);
  void *element = nullptr;
  napi_value result = nullptr;
  moat_get_element(&table.thing, uint32Of(env, value[1]), &element);
  if (isOfExtern(table.thing))
    return ofExtern(env, *table.held, element);
  moat_extern function = moat_function_of(table.held->store, element);
  if (function.object)
    return functionOf(env, *table.held, function, "", 0);
  if (element)
    return fail(
        env, "ERR_MOAT_TYPE",
        "an addon passes no references but functions and external ones to "
        "JavaScript");
  napi_get_null(env, &result);
  return result;
}

/// tableSet(table, index, value) -> whether it may be there
static napi_value setElement(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<3>(env, info);
  Thing &table = thingIn(env, value[0]);
  void *element;
  return toBoolean(env, toElement(env, table, value[2], element) &&
                            moat_set_element(&table.thing,
                                             uint32Of(env, value[1]), element));
}

/// tableGrow(table, count, value) -> the old size, or -1
static napi_value growTable(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<3>(env, info);
  Thing &table = thingIn(env, value[0]);
  void *element;
  bool isReference = toElement(env, table, value[2], element);
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
                "an addon passes no vectors and no references but external "
                "ones to JavaScript");
  return toJs(env, *global.held, type, moat_get_global(&global.thing));
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
                "an addon passes no vectors and no references but external "
                "ones to JavaScript");
  if (!isMutable)
    return toBoolean(env, false);
  if (!fromJs(env, *global.held, value[1], type, number))
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

/// convert(type, value): what the guest's number would be in JavaScript
static napi_value convert(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  moat_kind type;
  moat_value converted = {};
  Held nobody; // numbers are of no store
  if (!readKind(env, value[0], type) || type == MOAT_EXTERNREF ||
      !fromJs(env, nobody, value[1], type, converted))
    return nullptr;
  return toJs(env, nobody, type, converted);
}

/// convertAll(tag, values): the same of all values of an exception
static napi_value convertAll(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<2>(env, info);
  Held &held = *thingIn(env, value[0]).held;
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
             fromJs(env, held, each, types[i], converted) &&
             napi_set_element(env, all, i,
                              toJs(env, held, types[i], converted)) == napi_ok;
  }
  free(types);
  return isRead ? all : nullptr;
}

/// setCallbacks(makeException, partsOf, makeError, externIdOf, externOf)
static napi_value setCallbacks(napi_env env, napi_callback_info info) {
  auto [value] = argumentsOf<5>(env, info);
  auto *callbacks = static_cast<Callbacks *>(malloc(sizeof(Callbacks)));
  if (!callbacks)
    abort();
  new (callbacks) Callbacks;
  napi_ref *references[] = {&callbacks->makeException, &callbacks->partsOf,
                            &callbacks->makeError, &callbacks->externIdOf,
                            &callbacks->externOf};
  for (size_t i = 0; i < 5; ++i)
    napi_create_reference(env, value[i], 1, references[i]);
  napi_set_instance_data(
      env, callbacks, [](napi_env, void *data, void *) { free(data); },
      nullptr);
  return nullptr;
}

void addFunction(napi_env env, napi_value object, const char *name,
                 napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr,
                       &function);
  napi_set_named_property(env, object, name, function);
}

void addNatives(napi_env env, napi_value native) {
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
      {"isExternTable", isExternTable},
      {"setCallbacks", setCallbacks},
  };
  for (auto &each : natives)
    addFunction(env, native, each.name, each.callback);
}

} // namespace moat::node
