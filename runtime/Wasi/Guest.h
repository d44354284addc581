// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the bodies of WASI functions do with guest memory: results that are
// checked first and written last, and lists of buffers. All of it goes through
// MemoryView, and faults where the module has no memory.

#pragma once

#include "Capability/DescriptorTable.h"
#include "Capability/WriteQuota.h"
#include "Functions.h"
#include "Instance.h"
#include "Types.h"
#include <alloca.h>

namespace moat::rt::wasi {

/// A place in guest memory that is known to exist, for a result.
template <typename T>
class Slot {
public:
  explicit Slot(uint8_t *bytes) : bytes(bytes) {}
  void set(const T &value) const { memcpy(bytes, &value, sizeof(T)); }

private:
  uint8_t *bytes;
};

/// Buffers of the guest, as the host takes them.
struct Vectors {
  host::IoVector *items;
  size_t count = 0;

  /// \p storage: alloca(storageBytes(count)). As much as is needed, so that a
  /// few buffers do not touch another page of the stack.
  explicit Vectors(void *storage)
      : items(static_cast<host::IoVector *>(storage)) {}
  static constexpr size_t taken(uint32_t count) {
    return count < host::maximumVectors ? count : host::maximumVectors;
  }
  static constexpr size_t storageBytes(uint32_t count) {
    return taken(count) * sizeof(host::IoVector);
  }
  operator host::IoVectors() const { return {items, count}; }
};

class Guest {
public:
  explicit Guest(Instance &instance) : memory(instance.memory0) {}

  /// The host bytes of a guest range. Fault.
  Result<std::span<uint8_t>> slice(uint64_t address, uint64_t sizeBytes) const {
    if (!memory)
      return Fail(Errno::Fault);
    return MemoryView(*memory).slice(address, sizeBytes);
  }

  /// Where a result of type T will go. Fault.
  template <typename T>
  Result<Slot<T>> slot(uint64_t address) const {
    auto bytes = slice(address, sizeof(T));
    if (!bytes)
      return Fail(bytes.error());
    return Slot<T>(bytes->data());
  }

  /// Translates an array of iovec, copying it first, so that buffers may
  /// overlap it. At most the first IOV_MAX are taken; the guest then sees a
  /// short count, as with any transfer. \p vectors has room for \p count.
  /// Fault: the array or one of those
  /// buffers is out of bounds.
  Errno loadVectors(uint32_t address, uint32_t count, Vectors &vectors) const {
    auto array = slice(address, uint64_t(count) * sizeof(Iovec));
    if (!array)
      return array.error();
    vectors.count = Vectors::taken(count);
    for (size_t i = 0; i != vectors.count; ++i) {
      Iovec iovec;
      memcpy(&iovec, array->data() + i * sizeof(Iovec), sizeof(Iovec));
      auto buffer = slice(iovec.buffer, iovec.sizeBytes);
      if (!buffer)
        return buffer.error();
      vectors.items[i] = {buffer->data(), buffer->size()};
    }
    return Errno::Success;
  }

private:
  abi::Memory *memory;
};

} // namespace moat::rt::wasi
