// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Linear memories: address space around them, pages in them, and growth.
//
// A guarded memory reserves all addresses that an access can form (32 bits of
// address plus 32 bits of offset, and a guard on either side) and makes pages
// accessible as it grows, so that its base never changes and compiled code
// checks nothing. An unguarded memory is checked by compiled code, has no more
// address space than it needs, and grows in one of three ways (enum Growth).

#include "Memory.h"
#include "Host/Host.h"
#include "Host/Syscall.h"
#include "HugePages.h"
#include "SharedMemory.h"
#include <algorithm>

namespace moat::rt {

namespace {

/// How a memory gets more pages; kept in the low bits of abi::Memory::owner,
/// behind the address of its budget, or in what that points to if the memory is
/// shared.
enum class Growth : uintptr_t {
  Reserved, ///< reservedBytes are address space of ours: more of it is made
            ///< accessible
  InPlace,  ///< what lies behind the memory is mapped, as long as nothing else
            ///< is there
  Moving,   ///< reservedBytes are accessible; past them the mapping moves
};

/// 2^32 bytes without the last page of 64 KiB; see DESIGN.md, "Memory is
/// guarded".
constexpr uint64_t maximumBytes32 = abi::maximumPages32 << 16;
/// What an address of a 64-bit memory can reach at most: half of what a process
/// can map.
constexpr uint64_t maximumBytes64 = uint64_t(1) << 46;
/// What an unguarded memory that cannot move tries to reserve for its growth.
constexpr uint64_t growthBytes = uint64_t(64) << 30;

} // namespace

/// What a guarded memory takes of the address space.
static constexpr uint64_t guardedMappingBytes =
    abi::memoryGuardBytes + abi::memoryReservationBytes;

/// A multiple of every page size of the processors we know.
static constexpr uint64_t pageGranule = 64 << 10;

static constexpr uint64_t roundToPages(uint64_t sizeBytes) {
  return (sizeBytes + pageGranule - 1) & ~(pageGranule - 1);
}

static uintptr_t ownerBits(const abi::Memory &memory) {
  return memory.isShared ? sharingOf(memory).growth
                         : reinterpret_cast<uintptr_t>(memory.owner);
}

static Growth growthOf(const abi::Memory &memory) {
  return static_cast<Growth>(ownerBits(memory) & 7);
}

static uint64_t *budgetOf(const abi::Memory &memory) {
  return reinterpret_cast<uint64_t *>(ownerBits(memory) & ~uintptr_t(7));
}

/// Takes \p sizeBytes from a budget, if there is one. False: they are not left.
static bool takeBudget(uint64_t *budget, uint64_t sizeBytes) {
  if (!budget)
    return true;
  uint64_t left = __atomic_load_n(budget, __ATOMIC_RELAXED);
  do
    if (sizeBytes > left)
      return false;
  while (!__atomic_compare_exchange_n(budget, &left, left - sizeBytes, true,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return true;
}

static void returnBudget(uint64_t *budget, uint64_t sizeBytes) {
  if (budget)
    __atomic_fetch_add(budget, sizeBytes, __ATOMIC_RELAXED);
}

static uint64_t maximumBytesOf(const abi::Memory &memory) {
  return memory.is64 ? maximumBytes64 : maximumBytes32;
}

/// Reserves for a guarded memory: guard, 4 GiB of addresses, 4 GiB of offsets,
/// guard.
static Errno reserveGuarded(abi::Memory &memory, const MemoryOptions &options,
                            uint64_t sizeBytes) {
  Reservation reservation = options.reservation;
  if (!reservation.base) {
    uint64_t wanted =
        options.fixedBase ? options.fixedBase - abi::memoryGuardBytes : 0;
    auto mapped =
        host::reserve(reinterpret_cast<void *>(wanted), guardedMappingBytes);
    if (!mapped)
      return mapped.error();
    reservation.base = *mapped + abi::memoryGuardBytes;
  }
  memory.base = reservation.base;
  memory.reservedBytes = abi::memoryReservationBytes;
  uint64_t accessible = reservation.accessibleBytes;
  if (sizeBytes == accessible)
    return Errno::Success;
  Errno error = host::commit(memory.base + accessible, sizeBytes - accessible);
  if (error != Errno::Success && !options.reservation.base)
    releaseReservation(reservation);
  return error;
}

/// Maps accessible pages at \p address, where nothing is yet.
static Result<uint8_t *> mapAt(uint64_t address, uint64_t sizeBytes) {
  auto mapped = host::reserve(reinterpret_cast<void *>(address), sizeBytes);
  if (!mapped)
    return mapped;
  Errno error = host::commit(*mapped, sizeBytes);
  if (error == Errno::Success)
    return mapped;
  host::release(*mapped, sizeBytes);
  return Fail(error);
}

/// Maps an unguarded memory where it is wanted, or where it may move.
static Errno mapUnguarded(abi::Memory &memory, const MemoryOptions &options,
                          uint64_t sizeBytes) {
  // A mapping cannot be empty, and a memory without pages still has an address.
  uint64_t mappedBytes = std::max(roundToPages(sizeBytes), pageGranule);
  auto mapped = options.fixedBase ? mapAt(options.fixedBase, mappedBytes)
                                  : host::allocatePages(mappedBytes);
  if (!mapped)
    return mapped.error();
  memory.base = *mapped;
  memory.reservedBytes = mappedBytes;
  return Errno::Success;
}

/// Reserves for an unguarded memory that must stay where it is: as much as it
/// may ever need, or else as much as there is.
static Errno reserveUnguarded(abi::Memory &memory, uint64_t sizeBytes) {
  uint64_t atLeast = std::max(roundToPages(sizeBytes), pageGranule);
  uint64_t most =
      std::max(atLeast, std::min(maximumBytesOf(memory), growthBytes));
  if (memory.maximumPages <= most >> memory.pageSizeLog2)
    most = std::max(atLeast,
                    roundToPages(memory.maximumPages << memory.pageSizeLog2));
  for (uint64_t reserve = most;;
       reserve = std::max(atLeast, roundToPages(reserve / 2))) {
    auto mapped = host::reserve(nullptr, reserve);
    if (mapped) {
      memory.base = *mapped;
      memory.reservedBytes = reserve;
      Errno error = host::commit(*mapped, atLeast);
      if (error != Errno::Success)
        host::release(*mapped, reserve);
      return error;
    }
    if (reserve == atLeast)
      return mapped.error();
  }
}

Errno createMemory(abi::Memory &memory, const abi::LimitsDescriptor &type,
                   const MemoryOptions &options) {
  memory = {};
  memory.pageSizeLog2 = type.pageSizeLog2;
  memory.is64 = type.is64;
  memory.isShared = type.isShared;
  memory.isGuarded = options.isGuarded && canBeGuarded(type);
  uint64_t implied = maximumBytesOf(memory) >> type.pageSizeLog2;
  memory.maximumPages = std::min(type.maximum, implied);
  if (type.minimum > implied)
    return Errno::Overflow;

  uint64_t sizeBytes = type.minimum << type.pageSizeLog2;
  if (!takeBudget(options.budgetBytes, sizeBytes))
    return Errno::Dquot;
  Sharing *sharing = nullptr;
  if (type.isShared) {
    auto page = host::allocatePages(host::pageBytes);
    if (!page) {
      returnBudget(options.budgetBytes, sizeBytes);
      return page.error();
    }
    sharing = reinterpret_cast<Sharing *>(*page);
  }
  Growth growth;
  Errno error;
  if (memory.isGuarded) {
    growth = Growth::Reserved;
    error = reserveGuarded(memory, options, sizeBytes);
  } else if (options.fixedBase || (options.mayMove && !type.isShared)) {
    growth = options.fixedBase ? Growth::InPlace : Growth::Moving;
    error = mapUnguarded(memory, options, sizeBytes);
  } else {
    growth = Growth::Reserved;
    error = reserveUnguarded(memory, sizeBytes);
  }
  if (error != Errno::Success) {
    returnBudget(options.budgetBytes, sizeBytes);
    memory = {};
    if (sharing)
      host::release(sharing, host::pageBytes);
    return error;
  }
  uintptr_t ownerBits = reinterpret_cast<uintptr_t>(options.budgetBytes) |
                        static_cast<uintptr_t>(growth);
  memory.owner = reinterpret_cast<void *>(ownerBits);
  if (sharing) {
    sharing->growth = ownerBits;
    memory.owner = sharing;
  }
  memory.sizeBytes = sizeBytes;
  preferHugePagesAtStart(memory, options.beginsTouched);
  return Errno::Success;
}

/// Makes bytes [0, newBytes) of \p memory accessible.
static Errno extend(abi::Memory &memory, uint64_t newBytes) {
  uint64_t oldMapped = std::max(roundToPages(memory.sizeBytes), pageGranule);
  if (memory.isGuarded)
    oldMapped = memory.sizeBytes;
  uint64_t newMapped = roundToPages(newBytes);
  if (newMapped <= oldMapped)
    return Errno::Success;
  switch (growthOf(memory)) {
  case Growth::Reserved:
    if (newMapped > memory.reservedBytes)
      return Errno::Nomem;
    return host::commit(memory.base + oldMapped, newMapped - oldMapped);
  case Growth::InPlace: {
    auto mapped = mapAt(reinterpret_cast<uint64_t>(memory.base) + oldMapped,
                        newMapped - oldMapped);
    if (!mapped)
      return mapped.error();
    memory.reservedBytes = newMapped;
    return Errno::Success;
  }
  case Growth::Moving: {
    if (newMapped <= memory.reservedBytes)
      return Errno::Success;
    // Half as much again, so that growing page by page does not copy page
    // tables each time.
    uint64_t ample = std::min(roundToPages(newMapped + newMapped / 2),
                              maximumBytesOf(memory));
    auto mapped = host::growPages(memory.base, memory.reservedBytes, ample);
    if (!mapped) {
      ample = newMapped;
      mapped = host::growPages(memory.base, memory.reservedBytes, ample);
    }
    if (!mapped)
      return mapped.error();
    memory.base = *mapped;
    memory.reservedBytes = ample;
    return Errno::Success;
  }
  }
  return Errno::Inval;
}

int64_t growMemory(abi::Memory &memory, uint64_t deltaPages) {
  host::recordMemorySyscalls();
  uint64_t oldBytes = memory.sizeBytes;
  uint64_t oldPages = oldBytes >> memory.pageSizeLog2;
  // Sizes never pass maximumPages, so neither difference nor shift can wrap.
  if (oldPages > memory.maximumPages ||
      deltaPages > memory.maximumPages - oldPages)
    return -1;
  uint64_t newBytes = (oldPages + deltaPages) << memory.pageSizeLog2;
  if (!takeBudget(budgetOf(memory), newBytes - oldBytes))
    return -1;
  if (extend(memory, newBytes) != Errno::Success) {
    returnBudget(budgetOf(memory), newBytes - oldBytes);
    return -1;
  }
  // Pages first, size second: who reads the new size may touch them.
  __atomic_store_n(&memory.sizeBytes, newBytes, __ATOMIC_RELEASE);
  preferHugePages(memory, oldBytes);
  return static_cast<int64_t>(oldPages);
}

bool canMove(const abi::Memory &memory) {
  return growthOf(memory) == Growth::Moving;
}

bool isGuardedAddress(const abi::Memory &memory, uint64_t address) {
  if (!memory.isGuarded)
    return false;
  uint64_t begin =
      reinterpret_cast<uint64_t>(memory.base) - abi::memoryGuardBytes;
  return address - begin < abi::memoryGuardBytes + memory.reservedBytes;
}

void destroyMemory(abi::Memory &memory) {
  if (!memory.base)
    return;
  if (memory.isShared)
    host::release(memory.owner, host::pageBytes);
  if (memory.isGuarded)
    releaseReservation({memory.base});
  else
    host::release(memory.base, memory.reservedBytes);
  memory = {};
}

Reservation abandonMemory(abi::Memory &memory) {
  if (!memory.isGuarded) {
    destroyMemory(memory);
    return {};
  }
  if (memory.isShared)
    host::release(memory.owner, host::pageBytes);
  Reservation left = {memory.base, memory.sizeBytes};
  memory = {};
  return left;
}

bool emptyReservation(Reservation &reservation) {
  uint64_t bytes = reservation.accessibleBytes;
  if (!bytes)
    return true;
  if (bytes < hugePageBytes)
    return host::discard(reservation.base, bytes) == Errno::Success;
  // Page tables and the wish for huge pages go as well.
  reservation.accessibleBytes = 0;
  return host::reserveAgain(reservation.base, bytes) == Errno::Success;
}

void releaseReservation(const Reservation &reservation) {
  host::release(reservation.base - abi::memoryGuardBytes, guardedMappingBytes);
}

} // namespace moat::rt
