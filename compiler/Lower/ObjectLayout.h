// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Where the fields of a structure and the elements of an array are
// (abi/Layout.h, "Objects").

#pragma once

#include "Wasm/Module.h"

namespace moat {

/// Bytes of a field or an element in an object.
uint32_t storageBytes(const FieldType &field);

/// Whether the garbage collector follows references of \p type: those of the
/// any and extern hierarchies. (Functions belong to their instances, exceptions
/// to the runtime.)
bool isFollowed(const Module &module, ValType type);

struct ObjectLayout {
  /// Of structures, by field, in bytes.
  std::vector<uint32_t> offsets;
  /// Of structures: the offsets of the fields that the collector follows.
  std::vector<uint32_t> references;
  /// Of structures: of the whole object; of arrays: where elements begin.
  uint32_t sizeBytes = 0;
  /// Of arrays.
  uint8_t elementLog2 = 0;
  bool hasFollowedElements = false;
};

/// \p type is a structure or an array.
ObjectLayout layoutOf(const Module &module, const SubType &type);

} // namespace moat
