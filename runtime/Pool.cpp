// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Emptying is done before something is kept, outside of the lock.

#include "Pool.h"
#include "Arch/Valgrind.h"
#include "Trap.h"
#include <cstdlib>
#include <cstring>
#include <new>

// Under AddressSanitizer, frames of the host's that a trap left behind are still
// marked on a guest's stack.
extern "C" [[gnu::weak]] void
__asan_unpoison_memory_region(const volatile void *, size_t);

namespace moat::rt {

/// How many of the kept are looked at for one that fits best.
static constexpr uint64_t searchedCount = 16;
/// Of a stack's end, which every guest uses: overwriting it is cheaper than a
/// page fault of the next one.
static constexpr uint64_t warmStackBytes = host::pageBytes;

Pool *Pool::create(uint64_t memoryLimit, uint64_t stackLimit) {
  void *room = malloc(sizeof(Pool));
  if (!room)
    return nullptr;
  auto *pool = new (room) Pool;
  pool->memories.items =
      static_cast<Reservation *>(calloc(memoryLimit, sizeof(Reservation)));
  pool->stacks.items =
      static_cast<AddressRange *>(calloc(stackLimit, sizeof(AddressRange)));
  if ((memoryLimit && !pool->memories.items) ||
      (stackLimit && !pool->stacks.items)) {
    pool->drop();
    return nullptr;
  }
  pool->memories.limit = memoryLimit;
  pool->stacks.limit = stackLimit;
  return pool;
}

void Pool::close(Pool *pool) {
  if (!pool)
    return;
  {
    host::Locked locked(pool->mutex);
    while (pool->memories.count)
      releaseReservation(pool->memories.remove(pool->memories.count - 1));
    while (pool->stacks.count)
      releaseStack(pool->stacks.remove(pool->stacks.count - 1));
    pool->memories.limit = pool->stacks.limit = 0;
  }
  pool->drop();
}

void Pool::hold() { __atomic_add_fetch(&holderCount, 1, __ATOMIC_RELAXED); }

void Pool::drop() {
  if (__atomic_sub_fetch(&holderCount, 1, __ATOMIC_ACQ_REL))
    return;
  free(memories.items);
  free(stacks.items);
  free(this);
}

// Memories.

Reservation Pool::takeMemory(uint64_t sizeBytes) {
  Reservation taken;
  {
    host::Locked locked(mutex);
    if (!memories.count)
      return {};
    uint64_t best = memories.count - 1;
    for (uint64_t i = 0; i < searchedCount && i < memories.count; ++i) {
      uint64_t index = memories.count - 1 - i;
      if (memories.items[index].accessibleBytes == sizeBytes) {
        best = index;
        break;
      }
    }
    taken = memories.remove(best);
  }
  if (taken.accessibleBytes <= sizeBytes)
    return taken;
  if (host::protect(taken.base + sizeBytes,
                    taken.accessibleBytes - sizeBytes) != Errno::Success) {
    releaseReservation(taken);
    return {};
  }
  taken.accessibleBytes = sizeBytes;
  return taken;
}

void Pool::giveMemory(Reservation reservation) {
  bool isKept = emptyReservation(reservation);
  if (isKept) {
    host::Locked locked(mutex);
    isKept = memories.add(reservation);
  }
  if (!isKept)
    releaseReservation(reservation);
}

// Stacks.

AddressRange Pool::takeStack(uint64_t usableBytes) {
  host::Locked locked(mutex);
  for (uint64_t i = 0; i < searchedCount && i < stacks.count; ++i) {
    uint64_t index = stacks.count - 1 - i;
    const AddressRange &stack = stacks.items[index];
    if (stack.end - stack.begin == usableBytes)
      return stacks.remove(index);
  }
  return {};
}

void Pool::giveStack(AddressRange stack) {
  auto *begin = reinterpret_cast<uint8_t *>(stack.begin);
  uint64_t coldBytes = stack.end - stack.begin - warmStackBytes;
  if (__asan_unpoison_memory_region)
    __asan_unpoison_memory_region(begin, coldBytes + warmStackBytes);
  if (host::discard(begin, coldBytes) != Errno::Success)
    return releaseStack(stack);
  showMemory(begin + coldBytes, warmStackBytes);
  memset(begin + coldBytes, 0, warmStackBytes);
  AddressRange dropped = stack;
  {
    host::Locked locked(mutex);
    // The oldest goes, since it may be of a size that nobody asks for any more.
    if (stacks.limit) {
      dropped = stacks.count == stacks.limit ? stacks.remove(0) : AddressRange();
      stacks.add(stack);
    }
  }
  if (dropped.begin)
    releaseStack(dropped);
}

} // namespace moat::rt
