// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Capabilities as a file that people write (`--manifest=app.json`) and that
// `moat inspect --json` prints: a JSON object whose keys are those of
// compiler/README.md.

#pragma once

#include "LLVM.h"
#include "moat/Compiler.h"
#include "llvm/Support/JSON.h"

namespace moat {

/// Reads a manifest file, or what `moat inspect --json` printed of a program,
/// of which only the member `manifest` counts. Errors: not JSON, a key that is
/// not known, a value of another kind than its key wants; the text names the
/// key.
Expected<Capabilities> parseManifestFile(StringRef text);

/// The same as JSON, without what has its default: parseManifestFile gives the
/// same capabilities back. What is no UTF-8 in it is shown as U+FFFD.
llvm::json::Object manifestToJson(const Capabilities &capabilities);

/// Reads JSON. LLVM's reader recurses, so text that is nested deeper than
/// anything of ours is an error here.
Expected<llvm::json::Value> parseJson(StringRef text);

/// The names of layers of defence (abi::HardenLayer).
llvm::json::Array layersToJson(uint32_t layers);

} // namespace moat
