// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Objects of the guest. Nothing is collected yet.

#include "Builtins.h"
#include "Trap.h"
#include "moat/abi/Layout.h"
#include <cstdlib>

namespace moat::rt::builtins {

extern "C" Ptr moat_gc_allocate(Ptr, I64 sizeBytes) {
  uint64_t cell = (sizeBytes + abi::cellBytes - 1) & ~(abi::cellBytes - 1);
  void *object = sizeBytes <= abi::maximumObjectBytes
                     ? aligned_alloc(abi::cellBytes, cell)
                     : nullptr;
  if (!object)
    moat_trap(static_cast<uint32_t>(Trap::AllocationFailure));
  return object;
}

} // namespace moat::rt::builtins
