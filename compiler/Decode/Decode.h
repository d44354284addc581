// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Bytes to Module (Core 3.0, 5 Binary Format).

#pragma once

#include "Wasm/Features.h"
#include "Wasm/Module.h"
#include <memory>

namespace llvm {
class MemoryBuffer;
}

namespace moat {

/// Decodes a binary module. \p bytes must outlive the result. Sections that
/// only enabled features have are refused otherwise.
Expected<Module> decode(ArrayRef<uint8_t> bytes, const FeatureSet &features);

/// Turns the text format into a binary module, by wabt, with a name section. \p
/// text's identifier is the file's name for messages.
Expected<std::unique_ptr<llvm::MemoryBuffer>>
parseText(const llvm::MemoryBuffer &text);

} // namespace moat
