// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The symbols behind the imports of `wasi_snapshot_preview1`, one for each row
// of the table. Each is a section of its own that names its body: what a module
// does not import, the linker's garbage collection drops together with all that
// only it needs.

#include "Symbols.h"

namespace moat::rt::wasi {

#define WASI_FUNCTION(name, result, ...)                                       \
  WASI_SYMBOL(wasi_snapshot_preview1, name, name, result, __VA_ARGS__)
#include "moat/abi/WasiFunctions.def"

} // namespace moat::rt::wasi
