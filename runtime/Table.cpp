// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Tables. The elements are a mapping of their own that may move when the table
// grows; abi::Table::owner holds its size in bytes, 0 for a constant table of
// the compiler's.

#include "Table.h"
#include "Host/Host.h"
#include "Host/Syscall.h"
#include <algorithm>
#include <cstring>

namespace moat::rt {

static constexpr uint64_t roundToPages(uint64_t sizeBytes) {
  return (sizeBytes + host::pageBytes - 1) & ~uint64_t(host::pageBytes - 1);
}

static uint64_t mappedBytes(const abi::Table &table) {
  return reinterpret_cast<uint64_t>(table.owner);
}

Errno createTable(abi::Table &table, const abi::LimitsDescriptor &type) {
  table = {};
  if (type.minimum > maximumTableElements)
    return Errno::Overflow;
  table.maximum = std::min(type.maximum, maximumTableElements);
  if (type.minimum == 0)
    return Errno::Success;
  uint64_t bytes = roundToPages(type.minimum * sizeof(void *));
  auto mapped = host::allocatePages(bytes);
  if (!mapped)
    return mapped.error();
  table.elements = reinterpret_cast<void **>(*mapped);
  table.size = type.minimum;
  table.owner = reinterpret_cast<void *>(bytes);
  return Errno::Success;
}

/// Makes room for \p size elements.
static Errno reserveElements(abi::Table &table, uint64_t size) {
  uint64_t needed = roundToPages(size * sizeof(void *));
  uint64_t mapped = mappedBytes(table);
  if (needed <= mapped)
    return Errno::Success;
  // A table that grows one by one doubles its room.
  uint64_t ample = std::min(std::max(needed, 2 * mapped),
                            roundToPages(table.maximum * sizeof(void *)));
  auto moved = mapped ? host::growPages(table.elements, mapped, ample)
                      : host::allocatePages(ample);
  if (!moved)
    return moved.error();
  table.elements = reinterpret_cast<void **>(*moved);
  table.owner = reinterpret_cast<void *>(ample);
  return Errno::Success;
}

int64_t growTable(abi::Table &table, uint64_t delta, void *element) {
  host::recordMemorySyscalls();
  uint64_t oldSize = table.size;
  if (oldSize > table.maximum || delta > table.maximum - oldSize)
    return -1;
  if (delta == 0)
    return static_cast<int64_t>(oldSize);
  if (reserveElements(table, oldSize + delta) != Errno::Success)
    return -1;
  // Room that was never used is zero, which is null.
  if (element)
    std::fill_n(table.elements + oldSize, delta, element);
  table.size = oldSize + delta;
  return static_cast<int64_t>(oldSize);
}

void destroyTable(abi::Table &table) {
  if (mappedBytes(table))
    host::release(table.elements, mappedBytes(table));
  table = {};
}

/// Whether [index, index + count) lies in [0, size).
static bool isInBounds(uint64_t index, uint64_t count, uint64_t size) {
  return index <= size && count <= size - index;
}

bool fillTable(abi::Table &table, uint64_t index, void *element,
               uint64_t count) {
  if (!isInBounds(index, count, table.size))
    return false;
  std::fill_n(table.elements + index, count, element);
  return true;
}

bool copyTable(abi::Table &destination, const abi::Table &source,
               uint64_t destinationIndex, uint64_t sourceIndex,
               uint64_t count) {
  if (!isInBounds(sourceIndex, count, source.size) ||
      !isInBounds(destinationIndex, count, destination.size))
    return false;
  if (count)
    memmove(destination.elements + destinationIndex,
            source.elements + sourceIndex, count * sizeof(void *));
  return true;
}

bool initTable(abi::Table &table, const abi::ElementSegment &segment,
               uint64_t index, uint64_t segmentIndex, uint64_t count) {
  if (!isInBounds(segmentIndex, count, segment.size) ||
      !isInBounds(index, count, table.size))
    return false;
  if (count)
    memcpy(table.elements + index, segment.elements + segmentIndex,
           count * sizeof(void *));
  return true;
}

} // namespace moat::rt
