// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The guest's arguments, argv[0] first.

#include "Strings.h"

namespace moat::rt {

/// Writes the arguments' addresses to \p argv and their bytes to \p buffer, of
/// the sizes that args_sizes_get told. Fault. WASI preview 1, args_get.
Errno wasi::args_get(Instance &instance, uint32_t argv, uint32_t buffer) {
  return writeStrings(instance, instance.arguments, argv, buffer);
}

/// How many arguments there are, and their bytes with a NUL each. Fault.
/// WASI preview 1, args_sizes_get.
Errno wasi::args_sizes_get(Instance &instance, uint32_t countResult,
                           uint32_t sizeResult) {
  return writeStringSizes(instance, instance.arguments, countResult,
                          sizeResult);
}

} // namespace moat::rt
