// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Types in a store: each is there once, so that a pointer identifies it in
// every module. Matching and printing.

#pragma once

#include "Message.h"
#include "Store/Contents.h"
#include <cstddef>

namespace moat::rt {

/// A type, once in its store. The rest of its display, if it may have one, and
/// its text are behind it.
struct InternedType {
  InternedType *next;
  uint64_t hash;
  uint64_t textBytes;
  /// Of a function type with references to functions among them: parameters,
  /// then results, for what the host gives to be checked. Else null.
  ValueType *values;
  uint32_t parameterCount, resultCount; ///< of values
  abi::TypeIdentity identity;
};

inline InternedType &internedOf(const abi::TypeIdentity *type) {
  return *reinterpret_cast<InternedType *>(reinterpret_cast<uint64_t>(type) -
                                           offsetof(InternedType, identity));
}

/// Another thread may grow a shared memory meanwhile.
inline uint64_t pageCount(const abi::Memory &memory) {
  return __atomic_load_n(&memory.sizeBytes, __ATOMIC_RELAXED) >>
         memory.pageSizeLog2;
}

inline bool isToFunction(const ValueType &type) {
  return type.kind == abi::Kind::Func ||
         (type.kind == abi::Kind::Concrete &&
          type.type->kind == abi::TypeKind::Func);
}

/// Core 3.0, 3.3.14 External Types, of something that exists.
bool matches(const Extern &provided, const ExternType &wanted);

void print(Message &out, const ExternType &type);

/// NUL-terminated, and cut off at \p sizeBytes.
void copyText(const Message &text, char *buffer, uint64_t sizeBytes);

} // namespace moat::rt
