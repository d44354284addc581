// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Cutting a write to what is left of the quota.

#include "WriteQuota.h"

namespace moat::rt {

void WriteShare::cut(host::IoVector *items, size_t count) {
  uint64_t wanted = 0;
  for (size_t i = 0; i != count; ++i)
    wanted += items[i].sizeBytes;
  taken = quota->take(wanted);
  wasCut = taken < wanted;
  isExhausted = taken == 0 && wanted != 0;
  uint64_t left = taken;
  for (size_t i = 0; i != count; ++i) {
    if (items[i].sizeBytes > left)
      items[i].sizeBytes = left;
    left -= items[i].sizeBytes;
  }
}

} // namespace moat::rt
