// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The pass pipeline of each level. The meaning stays the same, only speed
// changes.

#pragma once

#include "Optimize/Multiversion.h"
#include <cstdint>

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace moat {

enum class OptLevel : uint8_t { O0, O1, O2, O3, Os };

struct OptimizeOptions {
  OptLevel level = OptLevel::O2;
  bool strictFloat = false; ///< what quiets a NaN stays, whatever its operand
  /// At -O2 and -O3: better processors, the best last, that functions may get
  /// versions for.
  std::vector<ProcessorVersion> versions;
};

/// Optimizes \p ir in place for \p target.
void optimize(llvm::Module &ir, llvm::TargetMachine &target,
              const OptimizeOptions &options);

} // namespace moat
