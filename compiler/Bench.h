// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// `moat bench`: how fast is this module here, against the engines that are
// installed (Engines.def)? Every engine gets the same folders, variables and
// arguments, runs take turns, and all run on one processor.

#pragma once

#include "LLVM.h"
#include "moat/Compiler.h"
#include "llvm/Support/raw_ostream.h"
#include <string>
#include <vector>

namespace moat {

struct BenchRequest {
  std::string inputName; ///< of the module, in the table's head
  ArrayRef<uint8_t> module;
  std::vector<std::string> guestArguments;
  /// The same behind what grants \p capabilities to a program of moat's.
  std::vector<std::string> programArguments;
  Capabilities capabilities; ///< folders and variables, for other engines
  std::string nodeScript;    ///< what Node runs modules by
  unsigned rounds = 5;       ///< runs of each engine, from 1
  /// Compiles \p module to the file \p output; empty: as it was set up.
  std::function<std::optional<CompileError>(
      ArrayRef<uint8_t> module, Level level, StringRef cpu, EmitKind emit,
      const std::string &output)>
      compile;
};

/// Compiles, runs and compares, and prints the table to \p os. Ratios are of
/// CPU time, which other programs on the machine disturb least. Standard input
/// of all runs is a file, if \p capabilities name one, or empty; what they
/// print is only compared. An engine that fails, or ends with another exit code
/// than moat's program, has a row that says so. Errors: the module does not
/// compile, or moat's own program cannot be run.
std::optional<CompileError> bench(const BenchRequest &request, raw_ostream &os);

} // namespace moat
