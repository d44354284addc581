// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Which types are equal: recursion groups are compared as wholes
// (Core 3.0, 3.3.10 Defined Types). Private to Decode.

#pragma once

#include "Wasm/Types.h"
#include "llvm/ADT/StringMap.h"

namespace moat {

/// Numbers types so that equal ones have equal numbers.
class Canonicalizer {
public:
  /// Sets `canonical` of the group [begin, end) of \p types; those before it
  /// have theirs.
  void addGroup(std::vector<SubType> &types, uint32_t begin, uint32_t end);

private:
  /// From a group's text to the index of the first type of the first such
  /// group.
  llvm::StringMap<uint32_t> groups;
};

} // namespace moat
