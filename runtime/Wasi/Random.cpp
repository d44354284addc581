// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Randomness, from the kernel's generator.

#include "Guest.h"

namespace moat::rt {

/// Fills a buffer with bytes fit for keys. Fault.
/// WASI preview 1, random_get. As getrandom(2).
Errno wasi::random_get(Instance &instance, uint32_t buffer,
                       uint32_t sizeBytes) {
  auto bytes = Guest(instance).slice(buffer, sizeBytes);
  if (!bytes)
    return bytes.error();
  return host::random(*bytes);
}

} // namespace moat::rt
