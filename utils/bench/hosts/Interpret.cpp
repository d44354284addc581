// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Runs a WASI program in wabt's interpreter:
//
//   moat-interpret app.wasm [--wasi-dir=HOST::GUEST ... --] [argument...]
//
// Exit codes: the guest's; 134 after a trap, which is named; 125 if the program
// cannot be started. (The distribution's wasm-interp is built without WASI.)

#include "Wasi.h"
#include "wabt/binary-reader.h"
#include "wabt/error-formatter.h"
#include "wabt/interp/binary-reader-interp.h"
#include "wabt/interp/interp.h"
#include <cstdio>
#include <map>
#include <string>
#include <utility>

using namespace moat;
using namespace moat::bench;
using wabt::interp::HostFunc;
using wabt::interp::Memory;
using wabt::interp::Value;
using wabt::interp::Values;

namespace {

constexpr int trapExitCode = 134;
constexpr int startExitCode = 125;

/// The guest, as host functions see it. Its memory is known last.
struct Guest {
  WasiHost wasi;
  Memory::Ptr memory;

  abi::Instance *instance() {
    return memory ? wasi.instance(memory->UnsafeData(), memory->ByteSize())
                  : wasi.instance(nullptr, 0);
  }
};

/// A function that can be imported, before there is a store.
struct Function {
  wabt::interp::FuncType type;
  HostFunc::Callback call;
};

template <typename T>
wabt::Type typeOf() {
  return sizeof(T) == 4 ? wabt::Type::I32 : wabt::Type::I64;
}

template <typename Result, typename... Parameters>
Function wrap(Guest &guest, Result (*body)(abi::Instance *, Parameters...)) {
  wabt::interp::ValueTypes results;
  if constexpr (!std::is_void_v<Result>)
    results.push_back(typeOf<Result>());
  auto call = [&guest, body](wabt::interp::Thread &, const Values &parameters,
                             Values &out, wabt::interp::Trap::Ptr *) {
    [&]<size_t... i>(std::index_sequence<i...>) {
      if constexpr (std::is_void_v<Result>)
        body(guest.instance(), parameters[i].template Get<Parameters>()...);
      else
        out[0] = Value::Make(body(guest.instance(),
                                  parameters[i].template Get<Parameters>()...));
    }(std::index_sequence_for<Parameters...>());
    return wabt::Result::Ok;
  };
  return {wabt::interp::FuncType({typeOf<Parameters>()...}, std::move(results)),
          call};
}

using Functions = std::map<std::pair<std::string, std::string>, Function>;

Functions hostFunctions(Guest &guest) {
  Functions functions;
  auto add = [&](const char *module, const char *field, Function function) {
    functions.emplace(std::pair(module, field), std::move(function));
  };
#define WASI(name, result, ...)                                                \
  add("wasi_snapshot_preview1", #name,                                         \
      wrap(guest, moat_import_wasi_snapshot_preview1__##name));
#include "moat/abi/WasiFunctions.def"
#define WASI(name, result, ...)                                                \
  add("wasi_unstable", #name, wrap(guest, moat_import_wasi_unstable__##name));
#define WASI_SINCE_PREVIEW1(...)
#include "moat/abi/WasiFunctions.def"
  for (const char *field : {"start", "end"})
    add("bench", field, wrap(guest, +[](abi::Instance *) {}));
  return functions;
}

// wabt's threads have stacks for 1,600 calls and 4,096 values, and no way to
// ask for more: the members are private. Naming them in an explicit
// instantiation is allowed, and hands out pointers to them.
template <auto frames, auto values>
struct ThreadStacks {
  friend void growStacks(wabt::interp::Thread &thread) {
    (thread.*frames).reserve(1 << 20);
    (thread.*values).reserve(8 << 20);
  }
};
void growStacks(wabt::interp::Thread &thread);
template struct ThreadStacks<&wabt::interp::Thread::frames_,
                             &wabt::interp::Thread::values_>;

int refuse(const char *file, const std::string &text) {
  fprintf(stderr, "moat-interpret: %s: %s\n", file, text.c_str());
  return startExitCode;
}

bool readFile(const char *path, std::vector<uint8_t> &bytes) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return false;
  uint8_t buffer[1 << 16];
  for (size_t size; (size = fread(buffer, 1, sizeof(buffer), file)) > 0;)
    bytes.insert(bytes.end(), buffer, buffer + size);
  bool isWhole = !ferror(file);
  fclose(file);
  return isWhole;
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2) {
    fputs("moat-interpret app.wasm [--wasi-dir=HOST::GUEST ... --] "
          "[argument...]\n",
          stderr);
    return startExitCode;
  }
  const char *path = argv[1];
  std::vector<uint8_t> bytes;
  if (!readFile(path, bytes))
    return refuse(path, "cannot be read");

  wabt::Features features;
  features.EnableAll();
  wabt::interp::ModuleDesc description;
  wabt::Errors errors;
  wabt::ReadBinaryOptions options(features, nullptr, /*read_debug_names=*/false,
                                  /*stop_on_first_error=*/true,
                                  /*fail_on_custom_section_error=*/false);
  if (wabt::Failed(wabt::interp::ReadBinaryInterp(
          path, bytes.data(), bytes.size(), options, &errors, &description)))
    return refuse(
        path, wabt::FormatErrorsToString(errors, wabt::Location::Type::Binary));

  Guest guest;
  if (!guest.wasi.start(path, argv + 2))
    return startExitCode;
  Functions functions = hostFunctions(guest);
  wabt::interp::Store store(features);
  auto module = wabt::interp::Module::New(store, std::move(description));
  wabt::interp::RefVec imports;
  for (const wabt::interp::ImportDesc &import : module->desc().imports) {
    auto found = functions.find({import.type.module, import.type.name});
    if (found == functions.end())
      return refuse(path, "unknown import " + import.type.module + " " +
                              import.type.name);
    imports.push_back(
        HostFunc::New(store, found->second.type, found->second.call).ref());
  }

  wabt::interp::Trap::Ptr trap;
  auto instance =
      wabt::interp::Instance::Instantiate(store, module.ref(), imports, &trap);
  if (!instance)
    return refuse(path, trap->message());
  if (!instance->memories().empty())
    guest.memory = store.UnsafeGet<Memory>(instance->memories()[0]);
  wabt::interp::Func::Ptr start;
  const auto &exports = module->desc().exports;
  for (size_t i = 0; i < exports.size(); ++i)
    if (exports[i].type.name == "_start" &&
        exports[i].type.type->kind == wabt::ExternalKind::Func)
      start = store.UnsafeGet<wabt::interp::Func>(instance->exports()[i]);
  if (!start)
    return refuse(path, "no function is exported as _start");

  wabt::interp::Thread thread(store);
  growStacks(thread);
  Values results;
  if (wabt::Failed(start->Call(thread, {}, results, &trap))) {
    fprintf(stderr, "moat-interpret: trap: %s\n", trap->message().c_str());
    return trapExitCode;
  }
  return 0;
}
