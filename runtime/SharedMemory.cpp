// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Growth, wait and notify of shared memories. A futex compares 32 bits, may
// wake for no reason, and does not say whom it woke; the instructions compare
// up to 64 bits, never wake for no reason, and count. So the waiters of an
// address are in a queue, and each sleeps on a word of its own.

#include "SharedMemory.h"
#include "Builtins.h"
#include "Host/Syscall.h"
#include "Interrupt.h"
#include "Limits.h"
#include "Memory.h"
#include "Trap.h"

namespace moat::rt {

int64_t growSharedMemory(abi::Memory &memory, uint64_t deltaPages) {
  host::Locked locked(sharingOf(memory).growthLock);
  return growMemory(memory, deltaPages);
}

static WaitQueue &queueOf(const abi::Memory &memory, const uint8_t *place) {
  constexpr uint64_t golden = 0x9e3779b97f4a7c15;
  uint64_t hash = reinterpret_cast<uint64_t>(place) * golden;
  return sharingOf(memory).queues[hash >> (64 - Sharing::queueCountLog2)];
}

static void append(WaitQueue &queue, Waiter &waiter) {
  waiter.previous = queue.last;
  (queue.last ? queue.last->next : queue.first) = &waiter;
  queue.last = &waiter;
}

static void unlink(WaitQueue &queue, Waiter &waiter) {
  (waiter.previous ? waiter.previous->next : queue.first) = waiter.next;
  (waiter.next ? waiter.next->previous : queue.last) = waiter.previous;
}

/// On the monotonic clock; UINT64_MAX: never.
static uint64_t deadlineAfter(int64_t timeoutNs) {
  if (timeoutNs < 0)
    return UINT64_MAX;
  constexpr uint64_t second = 1'000'000'000;
  auto now = host::now(host::Clock::Monotonic);
  uint64_t nowNs =
      now ? static_cast<uint64_t>(now->seconds) * second + now->nanoseconds : 0;
  // Both are below 2^63.
  return nowNs + static_cast<uint64_t>(timeoutNs);
}

WaitResult wait(abi::Memory &memory, const uint8_t *place, unsigned sizeBytes,
                uint64_t expected, int64_t timeoutNs) {
  uint64_t deadlineNs = deadlineAfter(timeoutNs);
  WaitQueue &queue = queueOf(memory, place);
  Waiter waiter = {place, 0, nullptr, nullptr};
  {
    // Who changes the value notifies afterwards, and needs the lock for that:
    // nobody can come between comparing and queueing.
    host::Locked locked(queue.lock);
    uint64_t value =
        sizeBytes == 4
            ? __atomic_load_n(reinterpret_cast<const uint32_t *>(place),
                              __ATOMIC_SEQ_CST)
            : __atomic_load_n(reinterpret_cast<const uint64_t *>(place),
                              __ATOMIC_SEQ_CST);
    if (value != expected)
      return WaitResult::NotEqual;
    append(queue, waiter);
  }
  while (!__atomic_load_n(&waiter.isWoken, __ATOMIC_ACQUIRE)) {
    if (host::waitWhile(&waiter.isWoken, 0, deadlineNs) != Errno::Timedout &&
        !host::isCallInterrupted())
      continue;
    host::Locked locked(queue.lock);
    if (__atomic_load_n(&waiter.isWoken, __ATOMIC_ACQUIRE))
      break;
    unlink(queue, waiter);
    return WaitResult::TimedOut;
  }
  return WaitResult::Woken;
}

uint32_t notify(abi::Memory &memory, const uint8_t *place, uint32_t count) {
  WaitQueue &queue = queueOf(memory, place);
  uint32_t woken = 0;
  host::Locked locked(queue.lock);
  for (Waiter *waiter = queue.first; waiter && woken != count;) {
    Waiter *next = waiter->next;
    if (waiter->place == place) {
      unlink(queue, *waiter);
      // From here on the waiter may be gone. Waking a word that is no more
      // finds nobody, or somebody who looks again.
      const uint32_t *word = &waiter->isWoken;
      __atomic_store_n(&waiter->isWoken, 1, __ATOMIC_RELEASE);
      host::wake(word, 1);
      ++woken;
    }
    waiter = next;
  }
  return woken;
}

// The instructions.

namespace builtins {

/// The place that an instruction names, of \p sizeBytes bytes. Traps where it
/// is not aligned, or not in the memory.
static const uint8_t *placeOf(abi::Memory &memory, uint64_t address,
                              uint64_t offset, unsigned sizeBytes) {
  uint64_t sum;
  bool isWrapped = __builtin_add_overflow(address, offset, &sum);
  if (sum & (sizeBytes - 1))
    moat_trap(static_cast<uint32_t>(Trap::UnalignedAtomic));
  auto bytes = MemoryView(memory).slice(sum, sizeBytes);
  if (isWrapped || !bytes)
    moat_trap(static_cast<uint32_t>(Trap::OutOfBoundsMemory));
  return bytes->data();
}

static uint32_t waitAt(Ptr instance, Ptr memory, uint64_t address,
                       uint64_t offset, unsigned sizeBytes, uint64_t expected,
                       uint64_t timeoutNs) {
  auto &waitedOn = *static_cast<abi::Memory *>(memory);
  const uint8_t *place = placeOf(waitedOn, address, offset, sizeBytes);
  if (!waitedOn.isShared)
    moat_trap(static_cast<uint32_t>(Trap::ExpectedShared));
  WaitResult result = wait(waitedOn, place, sizeBytes, expected,
                           static_cast<int64_t>(timeoutNs));
  endIfInterrupted(domainOf(*static_cast<abi::Instance *>(instance)->context));
  return static_cast<uint32_t>(result);
}

extern "C" I32 moat_memory_wait32(Ptr instance, Ptr memory, I64 address,
                                  I64 offset, I64 expected, I64 timeoutNs) {
  return waitAt(instance, memory, address, offset, 4, expected, timeoutNs);
}

extern "C" I32 moat_memory_wait64(Ptr instance, Ptr memory, I64 address,
                                  I64 offset, I64 expected, I64 timeoutNs) {
  return waitAt(instance, memory, address, offset, 8, expected, timeoutNs);
}

/// Nobody can wait at a memory that is not shared.
extern "C" I32 moat_memory_notify(Ptr, Ptr memory, I64 address, I64 offset,
                                  I32 count) {
  auto &notified = *static_cast<abi::Memory *>(memory);
  const uint8_t *place = placeOf(notified, address, offset, 4);
  return notified.isShared ? notify(notified, place, count) : 0;
}

extern "C" I64 moat_memory_grow_shared(Ptr instance, Ptr memory,
                                       I64 deltaPages) {
  return static_cast<I64>(growMemory(
      domainOf(*static_cast<abi::Instance *>(instance)->context),
      *static_cast<abi::Memory *>(memory), deltaPages, growSharedMemory));
}

} // namespace builtins

} // namespace moat::rt
