// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What a shared memory has beyond others: a lock for its growth, and the
// threads that wait at its addresses (threads.md). Its abi::Memory is one for
// all who share it: the base never changes, the size is atomic.

#pragma once

#include "Host/Host.h"
#include "moat/abi/Layout.h"

namespace moat::rt {

/// A thread in memory.atomic.wait. On its own stack, in a queue until it is
/// woken or its time is over.
struct Waiter {
  const uint8_t *place;
  uint32_t isWoken; ///< what the thread sleeps on
  Waiter *next, *previous;
};

/// Waiters at the addresses of one hash value, in the order of their arrival.
struct WaitQueue {
  host::Mutex lock;
  Waiter *first, *last;
};

/// What abi::Memory::owner of a shared memory points to. All zeroes to begin
/// with.
struct Sharing {
  uintptr_t growth; ///< as abi::Memory::owner of other memories
  host::Mutex growthLock;
  static constexpr unsigned queueCountLog2 = 6;
  WaitQueue queues[1 << queueCountLog2];
};
static_assert(sizeof(Sharing) <= host::pageBytes);

inline Sharing &sharingOf(const abi::Memory &memory) {
  return *static_cast<Sharing *>(memory.owner);
}

/// growMemory() for a shared memory.
int64_t growSharedMemory(abi::Memory &memory, uint64_t deltaPages);

/// As the instructions' result.
enum class WaitResult : uint32_t { Woken, NotEqual, TimedOut };

/// If the \p sizeBytes (4 or 8) bytes at \p place, which lies in \p memory, are
/// \p expected, sleeps until notify() wakes this thread. \p timeoutNs below 0:
/// without end. threads.md, Wait.
WaitResult wait(abi::Memory &memory, const uint8_t *place, unsigned sizeBytes,
                uint64_t expected, int64_t timeoutNs);

/// Wakes up to \p count threads that wait at \p place, those first that came
/// first. \returns how many. threads.md, Notify.
uint32_t notify(abi::Memory &memory, const uint8_t *place, uint32_t count);

} // namespace moat::rt
