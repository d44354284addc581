// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What C calls a library, when nobody says.

#pragma once

#include "LLVM.h"
#include <string>

namespace moat {

/// What a library that is written to \p outputPath is called: the file's name
/// without `lib` and extension, other characters as `_`.
std::string libraryNameOf(StringRef outputPath);

/// Whether \p name can begin C's identifiers.
bool isLibraryName(StringRef name);

/// Whether C, C++ or moat/moat.h has \p name already, so that no header can.
bool isReservedLibraryName(StringRef name);

} // namespace moat
