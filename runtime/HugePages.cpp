// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A huge page is made at the first access to any of its 2 MiB. It takes the
// place of 512 small ones, which cost 0.7 ms, and spares most misses of the
// TLB. Where one is at hand it costs 0.2 ms, which is a clear gain even for a
// program that ends soon. Where the system has to move other pages first, or a
// hypervisor to find the memory, it takes milliseconds, and only a program that
// runs for long gets them back.
//
// Which of both it is can only be told by making one. So the first of each
// growth is made at once and timed. If it took too long, the others begin as
// small pages, and none are asked for until the memory is twice as large. What
// has begun as small pages is asked for nevertheless: a thread of the system's
// joins what stays in use (khugepaged), at nobody's expense.

#include "HugePages.h"
#include "Host/Host.h"
#include "Memory.h"
#include <algorithm>

namespace moat::rt {

/// More than 512 small pages take.
static constexpr uint64_t longestNs = 1'000'000;

static constexpr uint64_t roundDown(uint64_t address) {
  return address & ~(hugePageBytes - 1);
}

static constexpr uint64_t roundUp(uint64_t address) {
  return roundDown(address + hugePageBytes - 1);
}

namespace {
/// The system calls; in an executable there are others at start.
struct Calls {
  void (*prefer)(void *address, uint64_t sizeBytes);
  uint64_t (*nsToTouch)(uint8_t *place);
};
} // namespace

static void prefer(const Calls &calls, uint64_t begin, uint64_t end) {
  if (begin < end)
    calls.prefer(reinterpret_cast<void *>(begin), end - begin);
}

/// Lets the ranges of huge pages in [begin, end) begin as small ones: where a
/// page table is, even if for the page of zeroes, no huge page is made.
static void beginSmall(uint64_t begin, uint64_t end) {
  for (uint64_t at = begin; at < end; at += hugePageBytes)
    (void)*reinterpret_cast<volatile uint8_t *>(at);
}

static void ask(abi::Memory &memory, uint64_t oldBytes, bool isTried,
                const Calls &calls) {
  auto base = reinterpret_cast<uint64_t>(memory.base);
  // What is asked for part of a mapping makes two of it, which mremap(2) does
  // not enlarge (EFAULT).
  if (canMove(memory)) {
    if (memory.reservedBytes >= hugePageBytes)
      prefer(calls, base, base + memory.reservedBytes);
    return;
  }
  uint64_t end = roundDown(base + memory.sizeBytes);
  uint64_t begin = std::max(base, roundDown(base + oldBytes));
  // Ranges that lie in the growth as a whole.
  uint64_t fresh = roundUp(base + oldBytes);
  if (fresh >= end || !isTried)
    return prefer(calls, begin, end);
  if (memory.sizeBytes / hugePageBytes >= memory.hugePagesFrom) {
    uint64_t second = fresh + hugePageBytes;
    prefer(calls, begin, second);
    if (calls.nsToTouch(reinterpret_cast<uint8_t *>(fresh)) <= longestNs)
      return prefer(calls, second, end);
    memory.hugePagesFrom =
        static_cast<uint32_t>(2 * memory.sizeBytes / hugePageBytes);
    begin = fresh = second;
  }
  beginSmall(fresh, end);
  prefer(calls, begin, end);
}

void preferHugePagesAtStart(abi::Memory &memory, bool isTried) {
  ask(memory, 0, isTried,
      {host::preferHugePagesAtStart, host::nsToTouchAtStart});
}

void preferHugePages(abi::Memory &memory, uint64_t oldBytes) {
  ask(memory, oldBytes, true, {host::preferHugePages, host::nsToTouch});
}

} // namespace moat::rt
