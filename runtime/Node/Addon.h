// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the parts of an addon know of each other.

#pragma once

#include "moat/moat.h"
#include <cstddef>
#include <cstdint>
#include <node_api.h>

extern "C" const moat_module_descriptor moat_module;

namespace moat::node {

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
  const moat_kind *types; ///< parameters, then results; null: see typesOf()
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
  napi_ref makeError = nullptr;
  napi_ref externIdOf = nullptr;
  napi_ref externOf = nullptr;
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

template <size_t count>
struct Arguments {
  napi_value value[count];
};

template <size_t count>
Arguments<count> argumentsOf(napi_env env, napi_callback_info info) {
  Arguments<count> all;
  size_t given = count;
  napi_get_cb_info(env, info, &given, all.value, nullptr, nullptr);
  return all;
}

// Held.cpp

Held &heldIn(napi_env env, napi_value external);
Thing &thingIn(napi_env env, napi_value external);
/// The same value for a store as long as JavaScript has it.
napi_value valueOf(napi_env env, Held &held);
/// Takes a memory's buffer away from JavaScript.
void hideBuffer(napi_env env, Thing &memory, bool isDetached);
/// Before JavaScript runs again: a buffer of a memory that has grown is of no
/// use any more, as in JavaScript's own, and its bytes may be elsewhere.
void hideOldBuffers(napi_env env, Held &held);
napi_value makeThing(napi_env env, Held &held, const moat_extern &thing);

// Values.cpp

napi_value fail(napi_env env, const char *code, const char *text);
/// An Error of the class that \p code has, with it; null: there is an exception.
napi_value makeError(napi_env env, const char *code, napi_value message);
/// Throws one.
napi_value failAs(napi_env env, const char *code, const char *text);
napi_value failBy(napi_env env, const moat_error &error);
bool isThrowing(napi_env env);
/// The types of the values of a tag, or of a function's parameters and results,
/// to be freed; null: one has no value in JavaScript that we make.
moat_kind *typesOf(const moat_extern &thing, size_t count);
/// Throws what ended the guest: the exception of an imported function, which is
/// pending, or an Error. Apart from its callers, whose frames are small: calls
/// nest.
napi_value failByEnding(napi_env env, Held &held);
/// Whether what is thrown is an exit of the same instance in a nested call,
/// which nobody caught: it is over then, and \p code is its code.
bool catchExit(napi_env env, Held &held, int32_t &code);
/// WebAssembly JavaScript Interface, ToWebAssemblyValue. False: thrown.
bool fromJs(napi_env env, Held &held, napi_value js, moat_kind type,
            moat_value &value);
/// The same document's ToJSValue.
napi_value toJs(napi_env env, Held &held, moat_kind type,
                const moat_value &value);
/// A value of JavaScript as an external reference, and back. It is the number
/// of a value that the store's array keeps. False: thrown.
bool toExtern(napi_env env, Held &held, napi_value js, void *&reference);
napi_value ofExtern(napi_env env, Held &held, void *reference);
/// The types in a function type's text, \p count of them; false: one has no
/// value in JavaScript that we make.
bool readTypes(const char *text, moat_kind *types, size_t count);
/// The same, kept with the store.
const moat_kind *keepTypes(moat_store *store, const moat_extern &function,
                           size_t count);

// Calls.cpp

napi_value callExport(napi_env env, napi_callback_info info);
/// Appends to \p list what the prelude found for each import, \p values. False:
/// thrown.
bool readImports(napi_env env, Held &held, napi_value values, moat_import *list,
                 size_t &count);
/// Lets a function that can call an instance keep the imported ones.
void keepFunctions(napi_env env, Held &held, napi_value function);
/// The array of functions that live as long as the store can be run.
napi_value keptOf(napi_env env, Held &held);

// Natives.cpp

napi_value makeExports(napi_env env, Held &held, moat_instance *instance);
/// Adds the functions that the prelude is written over to \p native.
void addNatives(napi_env env, napi_value native);
void addFunction(napi_env env, napi_value object, const char *name,
                 napi_callback callback);

} // namespace moat::node
