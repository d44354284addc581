// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.

#include "Limits.h"
#include "Table.h"

namespace moat::rt {

/// Takes \p amount of \p left, which other threads may do, too.
static bool take(uint64_t &left, uint64_t amount) {
  uint64_t seen = __atomic_load_n(&left, __ATOMIC_RELAXED);
  do
    if (amount > seen)
      return false;
  while (seen != UINT64_MAX &&
         !__atomic_compare_exchange_n(&left, &seen, seen - amount, true,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return true;
}

static void giveBack(uint64_t &left, uint64_t amount) {
  if (left != UINT64_MAX)
    __atomic_fetch_add(&left, amount, __ATOMIC_RELAXED);
}

int64_t growMemory(Domain &domain, abi::Memory &memory, uint64_t deltaPages,
                   MemoryGrowth *grow) {
  if (deltaPages > UINT64_MAX >> memory.pageSizeLog2)
    return -1;
  uint64_t bytes = deltaPages << memory.pageSizeLog2;
  if (!take(domain.memoryBytesLeft, bytes))
    return -1;
  int64_t oldPages = grow(memory, deltaPages);
  if (oldPages < 0)
    giveBack(domain.memoryBytesLeft, bytes);
  return oldPages;
}

int64_t growTable(Domain &domain, abi::Table &table, uint64_t delta,
                  void *element) {
  if (!take(domain.tableElementsLeft, delta))
    return -1;
  int64_t oldSize = growTable(table, delta, element);
  if (oldSize < 0)
    giveBack(domain.tableElementsLeft, delta);
  return oldSize;
}

bool takeMemory(Domain &domain, uint64_t bytes) {
  return take(domain.memoryBytesLeft, bytes);
}

void returnMemory(Domain &domain, uint64_t bytes) {
  giveBack(domain.memoryBytesLeft, bytes);
}

bool takeElements(Domain &domain, uint64_t count) {
  return take(domain.tableElementsLeft, count);
}

void returnElements(Domain &domain, uint64_t count) {
  giveBack(domain.tableElementsLeft, count);
}

} // namespace moat::rt
