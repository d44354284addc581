// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Widens loops over 128-bit vectors to the vectors that the machine has.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// Puts in front of a loop of one block that works on vectors another one that
/// does two or four turns of it in each of its own, with vectors as wide as
/// the target's registers. For targets with vectors of more than 128 bits.
class WidenPass : public llvm::PassInfoMixin<WidenPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
