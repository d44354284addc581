// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The runtime's side of an instance: what abi::Instance::runtime points to. It
// owns the descriptors, arguments and environment that WASI functions work on.

#pragma once

#include "Memory.h"
#include "moat/abi/Layout.h"
#include <span>
#include <string_view>

namespace moat::rt {

class DescriptorTable;
class WriteQuota;

/// Everything a WASI function may touch.
struct Instance {
  abi::Instance *compiled = nullptr;
  /// Memory 0, or null where the module has none.
  abi::Memory *memory0 = nullptr;

  /// The guest's arguments, argv[0] first, and its environment as NAME=VALUE;
  /// all NUL-terminated and unchanged while the instance lives.
  std::span<const char *const> arguments;
  std::span<const char *const> environment;

  DescriptorTable *descriptors = nullptr;
  /// When the guest called bench.start, of the monotonic clock; 0: not yet.
  uint64_t benchStartNs = 0;
  /// Every call is printed (Wasi/Trace.h).
  bool isTraced = false;
  /// What may still be written; null: any amount.
  WriteQuota *writeQuota = nullptr;
  /// Ends the computation for proc_exit; null: ends the process.
  void (*exit)(Instance &, uint32_t code) = nullptr;

  MemoryView memory() const { return MemoryView(*memory0); }
  bool hasMemory() const { return memory0 != nullptr; }
};

/// The runtime's side of \p compiled.
inline Instance &instanceOf(abi::Instance &compiled) {
  return *static_cast<Instance *>(compiled.runtime);
}

} // namespace moat::rt
