// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The guest's environment: what it was given, nothing of the host's.

#include "Strings.h"

namespace moat::rt {

/// Writes the variables' addresses to \p environ and their NAME=VALUE to \p
/// buffer, of the sizes that environ_sizes_get told. Fault. WASI preview 1,
/// environ_get.
Errno wasi::environ_get(Instance &instance, uint32_t environ, uint32_t buffer) {
  return writeStrings(instance, instance.environment, environ, buffer);
}

/// How many variables there are, and their bytes with a NUL each. Fault.
/// WASI preview 1, environ_sizes_get.
Errno wasi::environ_sizes_get(Instance &instance, uint32_t countResult,
                              uint32_t sizeResult) {
  return writeStringSizes(instance, instance.environment, countResult,
                          sizeResult);
}

} // namespace moat::rt
