// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The custom sections that are read. A malformed one is ignored, since custom
// sections cannot make a module malformed (Core 3.0, appendix A.6 Custom
// Sections). Private to Decode.

#pragma once

#include "Wasm/Module.h"

namespace moat {

/// Reads the contents of a custom section `name` behind its name.
void decodeNames(Module &module, Range contents);

/// Reads the contents of a custom section `metadata.code.branch_hint` behind
/// its name.
void decodeBranchHints(Module &module, Range contents);

} // namespace moat
