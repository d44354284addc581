// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What a module is, in JSON: imports, exports, memories, and the features of
// WebAssembly that it uses. `moat inspect` prints it of a module; compiled
// files carry it, as text, in a section of their own.

#pragma once

#include "Wasm/Features.h"
#include "Wasm/Module.h"
#include "llvm/Support/JSON.h"

namespace moat {

/// The section of a compiled file that holds the description.
inline constexpr char descriptionSection[] = ".moat.module";

/// Describes a valid module.
llvm::json::Object describe(const Module &module);

/// The features that a valid module uses, beyond those of WebAssembly 1.0.
FeatureSet usedFeatures(const Module &module);

} // namespace moat
