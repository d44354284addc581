// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the public C interface for host programs (moat/moat.h) shares among its
// files: its types and ours are one another's.

#pragma once

#include "Store/Store.h"
#include "moat/moat.h"
#include <cstring>

namespace moat::rt {

inline Store &storeOf(moat_store *store) {
  return *reinterpret_cast<Store *>(store);
}
inline moat_store *publicOf(Store &store) {
  return reinterpret_cast<moat_store *>(&store);
}

inline Pool *poolOf(moat_pool *pool) { return reinterpret_cast<Pool *>(pool); }

/// Ours in a public one: kind, object and store can be read there, the rest is
/// carried.
moat_extern publicOf(Store &store, const Extern &thing);
Extern externOf(const moat_extern &thing);

static_assert(sizeof(ExternType) <= sizeof(moat_extern::type));
static_assert(sizeof(moat_value) == sizeof(abi::Value) &&
              alignof(moat_value) == alignof(abi::Value));

inline abi::Value *valuesOf(moat_value *values) {
  return reinterpret_cast<abi::Value *>(values);
}

/// The caller's null is a record that nobody reads.
void fill(moat_trap_info *info, const TrapRecord &record);

/// Fills \p error, unless it is null. \returns false.
bool fail(moat_error *error, moat_error_kind kind, const char *code,
          const char *text);

} // namespace moat::rt
