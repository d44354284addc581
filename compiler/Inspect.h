// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// `moat inspect`: what a file is and may use, read from the file without
// running it.

#pragma once

#include "moat/Compiler.h"

namespace moat {

enum class InspectAs : uint8_t {
  Text,
  Json,     ///< of which the member `manifest` is one for --manifest
  Licences, ///< the notices that whoever ships the file owes
};

/// Describes \p file, an ELF file that moat has made (a program, a library, an
/// object) or a module, in either format: into \p output. Errors: it is
/// neither, or damaged.
std::optional<CompileError> inspect(std::span<const uint8_t> file,
                                    const std::string &name, InspectAs form,
                                    std::string &output);

} // namespace moat
