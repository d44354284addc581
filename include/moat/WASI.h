// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Modules in a C++ host program with WASI, shaped like Node's class WASI: what
// the options are called, what start(), initialize() and the rest check, and
// how errors are named; share/moat/doc/runtime/README.md has the table. Thin: all
// of it is inline, over moat/moat.h, and throws nothing. It wants C++23; moat/moat.h
// and the headers of libraries are for C and any C++.
//
//     moat::Store store;
//     auto wasi = moat::WASI::create(
//         store, {.version = "preview1",
//                 .args = {"tool", "-v"},
//                 .preopens = {{"/data", "./data"}}});
//     if (!wasi)
//       return fail(wasi.error().text);
//     auto tool = store.instantiate(tool_module, wasi->getImportObject());
//     auto code = wasi->start(*tool);

#pragma once

#include "moat/moat.h"
#include <version>
#ifndef __cpp_lib_expected
#error "moat/WASI.h needs C++23 and its std::expected; moat/moat.h does not"
#endif
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moat {

/// Why something failed; `kind` is its type, `code` Node's name of it
/// (`ERR_WASI_ALREADY_STARTED`) or the system's (`ENOENT`), or empty.
struct HostError {
  moat_error_kind kind = MOAT_OK;
  std::string code;
  std::string text;
  moat_trap_info trap = noTrap(); ///< of MOAT_START_FAILED

  static moat_trap_info noTrap() {
    moat_trap_info trap = {};
    trap.kind = -1;
    return trap;
  }

  static std::unexpected<HostError> of(const moat_error &error) {
    return std::unexpected(HostError{error.kind, error.code ? error.code : "",
                                     error.text, error.trap});
  }
};

/// moat_pool with an owner.
class Pool {
public:
  Pool(size_t memories, size_t stacks)
      : pool(moat_create_pool(memories, stacks)) {}
  /// False: there was no memory for it.
  explicit operator bool() const { return pool != nullptr; }
  moat_pool *get() const { return pool.get(); }
  operator moat_pool *() const { return pool.get(); }

private:
  struct Destroyer {
    void operator()(moat_pool *owned) const { moat_destroy_pool(owned); }
  };
  std::unique_ptr<moat_pool, Destroyer> pool;
};

/// moat_store with an owner.
class Store {
public:
  explicit Store(const moat_store_options &options = {})
      : store(moat_create_store(&options)) {}
  /// With memories and a stack of \p pool.
  explicit Store(const Pool &pool, moat_store_options options = {})
      : store((options.pool = pool, moat_create_store(&options))) {}
  /// False: there was no memory or address space for it.
  explicit operator bool() const { return store != nullptr; }
  moat_store *get() const { return store.get(); }
  operator moat_store *() const { return store.get(); }

  std::expected<moat_instance *, HostError>
  instantiate(const moat_module_descriptor &module,
              std::span<const moat_import> imports = {}) {
    moat_error error = {};
    moat_instance *made = moat_instantiate(get(), &module, imports.data(),
                                           imports.size(), &error);
    if (!made)
      return HostError::of(error);
    return made;
  }

  std::string describe(const moat_trap_info &trap) const {
    char text[4096];
    moat_describe_trap(get(), &trap, text, sizeof text);
    return text;
  }

private:
  struct Destroyer {
    void operator()(moat_store *owned) const { moat_destroy_store(owned); }
  };
  std::unique_ptr<moat_store, Destroyer> store;
};

/// Node's options; the defaults are Node's.
struct WASIOptions {
  struct Preopen {
    std::string guest;
    std::string host;
    bool isReadOnly = false;
  };
  std::string version = {};           ///< `unstable` or `preview1`; required
  std::vector<std::string> args = {}; ///< args[0] is the program's name
  /// Nothing of the host's environment is inherited.
  std::vector<std::pair<std::string, std::string>> env = {};
  std::vector<Preopen> preopens = {}; ///< descriptors from 3 on, in this order
  bool returnOnExit = true;
  int stdinFd = 0, stdoutFd = 1, stderrFd = 2;
};

/// Lives in its store, and as long; this is a handle, to be copied freely.
class WASI {
public:
  static std::expected<WASI, HostError> create(const Store &store,
                                               const WASIOptions &options) {
    if (const char *option = optionWithNul(options))
      return std::unexpected(
          HostError{MOAT_INVALID_ARG_VALUE, "ERR_INVALID_ARG_VALUE",
                    std::string(option) + ": a string holds a NUL byte"});
    std::vector<const char *> args;
    for (const std::string &argument : options.args)
      args.push_back(argument.c_str());
    std::vector<std::string> assignments;
    for (const auto &[name, value] : options.env)
      assignments.push_back(name + "=" + value);
    std::vector<const char *> env;
    for (const std::string &assignment : assignments)
      env.push_back(assignment.c_str());
    std::vector<moat_preopen> preopens;
    for (const WASIOptions::Preopen &preopen : options.preopens)
      preopens.push_back(
          {preopen.guest.c_str(), preopen.host.c_str(), preopen.isReadOnly});
    moat_wasi_options all = {options.version.empty() ? nullptr
                                                     : options.version.c_str(),
                             args.data(),
                             args.size(),
                             env.data(),
                             env.size(),
                             preopens.data(),
                             preopens.size(),
                             options.stdinFd,
                             options.stdoutFd,
                             options.stderrFd,
                             options.returnOnExit};
    moat_error error = {};
    moat_wasi *made = moat_create_wasi(store.get(), &all, &error);
    if (!made)
      return HostError::of(error);
    return WASI(made);
  }

  /// What a module of this version imports: its functions, by module and name.
  std::span<const moat_import> getImportObject() const {
    size_t count;
    const moat_import *imports = moat_wasi_imports(wasi, &count);
    return {imports, count};
  }

  /// One of the functions, to be called or handed on; without an object if
  /// there is none of that name.
  moat_extern wasiImport(std::string_view name) const {
    for (const moat_import &import : getImportObject())
      if (std::string_view(import.field, import.field_size) == name)
        return import.provided;
    return {};
  }

  /// Runs a command: \returns its exit code.
  std::expected<int, HostError> start(moat_instance *instance) {
    int32_t code = 0;
    moat_error error = {};
    if (!moat_wasi_start(wasi, instance, &code, &error))
      return HostError::of(error);
    return code;
  }

  /// Prepares a reactor, whose exports may be called from then on.
  std::expected<void, HostError> initialize(moat_instance *instance) {
    moat_error error = {};
    if (!moat_wasi_initialize(wasi, instance, &error))
      return HostError::of(error);
    return {};
  }

  /// Binds a memory without running anything; without one, the exported one.
  std::expected<void, HostError>
  finalizeBindings(moat_instance *instance,
                   const moat_extern *memory = nullptr) {
    moat_error error = {};
    if (!moat_wasi_finalize_bindings(wasi, instance, memory, &error))
      return HostError::of(error);
    return {};
  }

private:
  explicit WASI(moat_wasi *made) : wasi(made) {}

  /// C's strings end at a NUL: what is behind it must not be lost unseen.
  /// \returns the option with one, or null.
  static const char *optionWithNul(const WASIOptions &options) {
    auto has = [](const std::string &text) {
      return text.find('\0') != std::string::npos;
    };
    if (has(options.version))
      return "options.version";
    for (const std::string &argument : options.args)
      if (has(argument))
        return "options.args";
    for (const auto &[name, value] : options.env)
      if (has(name) || has(value))
        return "options.env";
    for (const WASIOptions::Preopen &preopen : options.preopens)
      if (has(preopen.guest) || has(preopen.host))
        return "options.preopens";
    return nullptr;
  }

  moat_wasi *wasi;
};

} // namespace moat
