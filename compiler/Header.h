// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The C header of a library: a module's exports and imports as functions and
// structures with the module's own types, over moat/moat.h.

#pragma once

#include "Wasm/Module.h"
#include <string>

namespace moat {

/// The text of `<library>.h`. \p library: a C identifier.
std::string makeHeader(const Module &module, StringRef library,
                       StringRef inputName);

} // namespace moat
