// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The typing rules (Core 3.0, 3 Validation).

#pragma once

#include "Wasm/Features.h"
#include "Wasm/Module.h"

namespace moat {

/// Judges everything of a module but its function bodies.
Error validateModule(const Module &module, const FeatureSet &features);

/// Judges the bodies of the functions [begin, end) of the function index space
/// (imported ones are passed over). Bodies are independent: calls for other
/// ranges may run at the same time in other threads.
Error validateFunctions(const Module &module, const FeatureSet &features,
                        uint32_t begin, uint32_t end);

} // namespace moat
