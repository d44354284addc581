// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The options of Node's class WASI.

#include "Options.h"
#include <cstring>

namespace moat::node {

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

bool readOptions(napi_env env, napi_value object, Options &options) {
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
  if (options.strings.hasNul)
    return fail(env, "ERR_INVALID_ARG_VALUE",
                "options: a string holds a NUL byte"),
           false;
  return true;
}

} // namespace moat::node
