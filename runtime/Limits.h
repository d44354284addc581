// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the memories and tables of a domain may hold together: each takes from
// what is left (Domain::memoryBytesLeft, tableElementsLeft). An executable has
// no such limit; its memories' maximums are set when they are made.

#pragma once

#include "Memory.h"
#include "Trap.h"

namespace moat::rt {

/// growMemory(), or growSharedMemory() for shared memories: who knows that a
/// memory is not shared does not link the latter.
using MemoryGrowth = int64_t(abi::Memory &memory, uint64_t deltaPages);

/// growMemory() and growTable() within what \p domain has left.
int64_t growMemory(Domain &domain, abi::Memory &memory, uint64_t deltaPages,
                   MemoryGrowth *grow = growMemory);
int64_t growTable(Domain &domain, abi::Table &table, uint64_t delta,
                  void *element);
/// Takes what a new memory or table has from what is left. False: too little.
[[nodiscard]] bool takeMemory(Domain &domain, uint64_t bytes);
[[nodiscard]] bool takeElements(Domain &domain, uint64_t count);
/// For one that could not be made.
void returnMemory(Domain &domain, uint64_t bytes);
void returnElements(Domain &domain, uint64_t count);

} // namespace moat::rt
