// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Moves the exit of loops that the module's producer unrolled to their end.

#pragma once

#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/IR/PassManager.h"

namespace llvm {
class Loop;
class LPMUpdater;
} // namespace llvm

namespace moat {

/// Makes one block of a loop that leaves between two copies of its body.
class RotateUnrolledPass : public llvm::PassInfoMixin<RotateUnrolledPass> {
public:
  llvm::PreservedAnalyses run(llvm::Loop &loop, llvm::LoopAnalysisManager &,
                              llvm::LoopStandardAnalysisResults &analyses,
                              llvm::LPMUpdater &);
};

} // namespace moat
