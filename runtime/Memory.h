// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Linear memory: reserving address space, growing, and the one door from a
// guest's address to a host pointer.

#pragma once

#include "Errno.h"
#include "moat/abi/Layout.h"
#include <cstring>
#include <span>

namespace moat::rt {

/// A guest address of memory 0 as WASI passes it: a byte offset.
using GuestAddress = uint32_t;

/// A borrowed view of a linear memory. Sizes are read anew at every call, since
/// another thread may grow it; a memory never shrinks and, while a call runs,
/// never moves.
class MemoryView {
public:
  explicit MemoryView(abi::Memory &memory) : memory(&memory) {}

  /// The host bytes of guest range [address, address + sizeBytes). Fault if any
  /// of it lies past the memory's end. An empty range at any address up to the
  /// end is fine.
  Result<std::span<uint8_t>> slice(uint64_t address, uint64_t sizeBytes) const {
    uint64_t size = __atomic_load_n(&memory->sizeBytes, __ATOMIC_RELAXED);
    if (address > size || sizeBytes > size - address)
      return Fail(Errno::Fault);
    return std::span<uint8_t>(memory->base + address, sizeBytes);
  }

  /// Copies a little-endian value or a packed structure out of guest memory.
  template <typename T>
  Result<T> load(uint64_t address) const {
    auto bytes = slice(address, sizeof(T));
    if (!bytes)
      return Fail(bytes.error());
    T value;
    memcpy(&value, bytes->data(), sizeof(T));
    return value;
  }

  /// Copies a value into guest memory. \returns Success or Fault.
  template <typename T>
  Errno store(uint64_t address, const T &value) const {
    auto bytes = slice(address, sizeof(T));
    if (!bytes)
      return bytes.error();
    memcpy(bytes->data(), &value, sizeof(T));
    return Errno::Success;
  }

private:
  abi::Memory *memory;
};

/// Address space for a guarded memory, guards included, without an owner.
struct Reservation {
  uint8_t *base = nullptr; ///< of the memory; null: there is none
  /// From base on, all of them zero; the rest is not accessible.
  uint64_t accessibleBytes = 0;
};

struct MemoryOptions {
  uint64_t fixedBase =
      0; ///< where it must begin (process model), or 0: anywhere
  /// Reserve so much around the memory that no access of compiled code,
  /// whatever its address and offset, leaves it. Only where canBeGuarded.
  bool isGuarded = true;
  /// The base may change when an unguarded memory grows: only where all code
  /// that uses it was compiled with --bounds=checked.
  bool mayMove = false;
  /// Its first 2 MiB will be touched, so huge pages may be tried there.
  bool beginsTouched = false;
  /// What all memories that share it may still take, in bytes: creating and
  /// growing take from it. Aligned to 8. Default: no limit.
  uint64_t *budgetBytes = nullptr;
  /// Of a guarded memory: where it is to be, with no more accessible than it
  /// begins with. If it cannot be made, the reservation is still the caller's.
  Reservation reservation = {};
};

/// Whether compiled code leaves accesses to such a memory unchecked, unless it
/// was compiled with --bounds=checked.
inline bool canBeGuarded(const abi::LimitsDescriptor &type) {
  return !type.is64 && type.pageSizeLog2 == 16;
}

/// Whether the base may change when the memory grows.
bool canMove(const abi::Memory &memory);

/// Whether \p address is in the memory's reservation or its guards: a fault
/// there is an access out of bounds. Never true of an unguarded memory.
bool isGuardedAddress(const abi::Memory &memory, uint64_t address);

/// Reserves address space for a memory of \p type and maps its initial pages,
/// zeroed. Overflow: the type's minimum is past what this runtime can hold; any
/// other: the system's reason why address space or pages are not to be had.
Errno createMemory(abi::Memory &memory, const abi::LimitsDescriptor &type,
                   const MemoryOptions &options);

/// memory.grow (Core 3.0, 4.6.8); of shared memories see growSharedMemory().
/// \returns the old size in pages, or -1: then
/// nothing has changed. The base changes only where MemoryOptions::mayMove
/// allowed it.
int64_t growMemory(abi::Memory &memory, uint64_t deltaPages);

void destroyMemory(abi::Memory &memory);

/// Destroys a memory but for its address space, if it is guarded; \returns
/// that, as the memory left it.
Reservation abandonMemory(abi::Memory &memory);
/// Makes all of it zero again. False: it cannot be, and must be released.
[[nodiscard]] bool emptyReservation(Reservation &reservation);
void releaseReservation(const Reservation &reservation);

} // namespace moat::rt
