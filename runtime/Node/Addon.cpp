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

#include "Addon.h"
#include "Options.h"
#include "Prelude.h"
#include <cstdlib>
#include <cstring>
#include <new>

namespace moat::node {

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

} // namespace moat::node

NAPI_MODULE_INIT() {
  using namespace moat::node;
  napi_value native, script, run, undefined, made = nullptr;
  napi_create_object(env, &native);
  addNatives(env, native);
  addFunction(env, native, "create", create);
  napi_get_undefined(env, &undefined);
  if (napi_create_string_utf8(env, prelude, NAPI_AUTO_LENGTH, &script) !=
          napi_ok ||
      napi_run_script(env, script, &run) != napi_ok ||
      napi_call_function(env, undefined, run, 1, &native, &made) != napi_ok)
    return nullptr;
  return made;
}
