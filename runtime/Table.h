// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Tables: their storage, and what the bulk instructions do. An element is a
// pointer; null is the null reference.

#pragma once

#include "Errno.h"
#include "moat/abi/Layout.h"

namespace moat::rt {

/// What a table may hold at most, as engines agree on.
inline constexpr uint64_t maximumTableElements = 10'000'000;

/// Makes a table of \p type, every element null. Nomem; Inval: the type's
/// minimum is past maximumTableElements.
Errno createTable(abi::Table &table, const abi::LimitsDescriptor &type);

/// table.grow (Core 3.0, 4.6.7). \returns the old size, or -1: then nothing has
/// changed.
int64_t growTable(abi::Table &table, uint64_t delta, void *element);

void destroyTable(abi::Table &table);

// The bulk instructions. False: out of bounds, nothing was written
// (Core 3.0, 4.6.7).

[[nodiscard]] bool fillTable(abi::Table &table, uint64_t index, void *element,
                             uint64_t count);
[[nodiscard]] bool copyTable(abi::Table &destination, const abi::Table &source,
                             uint64_t destinationIndex, uint64_t sourceIndex,
                             uint64_t count);
[[nodiscard]] bool initTable(abi::Table &table,
                             const abi::ElementSegment &segment, uint64_t index,
                             uint64_t segmentIndex, uint64_t count);

} // namespace moat::rt
