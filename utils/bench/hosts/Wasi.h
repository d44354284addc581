// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The runtime's WASI functions for programs that other engines run: what the
// hosts in this folder share. They are the very functions that a program made
// by moat has, so two engines differ in nothing but the engine.

#pragma once

#include "Capability/DescriptorTable.h"
#include "Instance.h"
#include <vector>

namespace moat::bench {

using I32 = uint32_t;
using I64 = uint64_t;

// The runtime's C symbols, one for each row.
extern "C" {
#define RESULT_I32 uint32_t
#define RESULT_None void
#define WASI(name, result, ...)                                                \
  RESULT_##result moat_import_wasi_snapshot_preview1__##name(                  \
      abi::Instance *__VA_OPT__(, ) __VA_ARGS__);
#include "moat/abi/WasiFunctions.def"
#define WASI(name, result, ...)                                                \
  RESULT_##result moat_import_wasi_unstable__##name(                           \
      abi::Instance *__VA_OPT__(, ) __VA_ARGS__);
#define WASI_SINCE_PREVIEW1(...)
#include "moat/abi/WasiFunctions.def"
#undef RESULT_I32
#undef RESULT_None
}

/// What one guest has: streams, folders, arguments and environment. One a
/// process; proc_exit ends it.
class WasiHost {
public:
  /// Gives the guest the process's streams, and what \p arguments (behind the
  /// program's name, NULL at the end) say, as a program made by moat takes
  /// them: `--wasi-dir=HOST::GUEST` and `--wasi-env=NAME=VALUE`, behind at
  /// least one of which a `--` may follow; the rest are the guest's. False: a
  /// folder cannot be opened, or an option is unknown; it has been said.
  [[nodiscard]] bool start(const char *program, char **arguments);

  /// The instance to call the functions with, whose memory is now at \p base.
  abi::Instance *instance(uint8_t *base, uint64_t sizeBytes);

private:
  abi::Memory memory = {};
  abi::Instance compiled = {};
  rt::Instance runtime;
  rt::DescriptorTable descriptors;
  std::vector<const char *> arguments, environment;

  bool readOption(char *option);
};

} // namespace moat::bench
