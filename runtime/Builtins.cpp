// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The bodies behind abi/Builtins.def. Each checks what its instruction checks,
// traps, or hands on to Memory or Table. (Elsewhere: moat_trap, in Arch/, and
// those of exceptions, the heap and host programs.)

#include "Builtins.h"
#include "Interrupt.h"
#include "Limits.h"
#include "Memory.h"
#include "Table.h"
#include "Trap.h"

namespace moat::rt::builtins {

[[noreturn]] static void trap(Trap kind) {
  moat_trap(static_cast<uint32_t>(kind));
}

static Domain &domainOf(Ptr instance) {
  return rt::domainOf(*static_cast<abi::Instance *>(instance)->context);
}

extern "C" I64 moat_memory_grow(Ptr instance, Ptr memory, I64 deltaPages) {
  return static_cast<I64>(growMemory(
      domainOf(instance), *static_cast<abi::Memory *>(memory), deltaPages));
}

extern "C" I64 moat_table_grow(Ptr instance, Ptr table, I64 delta,
                               Ptr element) {
  return static_cast<I64>(growTable(
      domainOf(instance), *static_cast<abi::Table *>(table), delta, element));
}

extern "C" void moat_table_fill(Ptr, Ptr table, I64 index, Ptr element,
                                I64 count) {
  if (!fillTable(*static_cast<abi::Table *>(table), index, element, count))
    trap(Trap::OutOfBoundsTable);
}

extern "C" void moat_table_copy(Ptr, Ptr destination, Ptr source,
                                I64 destinationIndex, I64 sourceIndex,
                                I64 count) {
  if (!copyTable(*static_cast<abi::Table *>(destination),
                 *static_cast<abi::Table *>(source), destinationIndex,
                 sourceIndex, count))
    trap(Trap::OutOfBoundsTable);
}

extern "C" void moat_table_init(Ptr, Ptr table, Ptr segment, I64 index,
                                I64 segmentIndex, I64 count) {
  if (!initTable(*static_cast<abi::Table *>(table),
                 *static_cast<abi::ElementSegment *>(segment), index,
                 segmentIndex, count))
    trap(Trap::OutOfBoundsTable);
}

/// Core 3.0, 4.6.8 Memory Instructions, memory.init.
extern "C" void moat_memory_init(Ptr, Ptr memory, Ptr segment, I64 address,
                                 I64 segmentOffset, I64 count) {
  auto &data = *static_cast<abi::DataSegment *>(segment);
  auto bytes =
      MemoryView(*static_cast<abi::Memory *>(memory)).slice(address, count);
  if (!bytes || segmentOffset > data.sizeBytes ||
      count > data.sizeBytes - segmentOffset)
    trap(Trap::OutOfBoundsMemory);
  if (count)
    memcpy(bytes->data(), data.bytes + segmentOffset, count);
}

} // namespace moat::rt::builtins
