// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Vectors of floating point numbers that stand next to each other.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// Runs LLVM's SLP vectorizer on functions where it pays: those with a loop
/// that stores neighbours, such as the coordinates of a point, or that divides
/// more than once. On integers it loses more than it gains: vectors have no
/// rotations, and what comes out of them again costs.
class PairPass : public llvm::PassInfoMixin<PairPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
