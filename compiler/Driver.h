// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The command line: options in, exit code out. The only place that prints.

#pragma once

#include "LLVM.h"

namespace moat {

/// What the program ends with; --help lists them. `moat run` ends as the
/// program does.
enum ExitCode : int {
  Success = 0,
  BadInput = 1,  ///< malformed, invalid, or cannot be linked
  BadOption = 2, ///< the command line
  BadSystem = 3, ///< a file cannot be read or written
};

/// Does what \p args, without the program's name, ask for.
int drive(ArrayRef<const char *> args);

} // namespace moat
