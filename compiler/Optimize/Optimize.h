// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The pass pipeline of each level. The meaning stays the same, only speed
// changes.

#pragma once

#include <cstdint>

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace moat {

enum class OptLevel : uint8_t { O0, O1, O2, O3, Os };

/// Optimizes \p ir in place for \p target.
void optimize(llvm::Module &ir, llvm::TargetMachine &target, OptLevel level);

} // namespace moat
