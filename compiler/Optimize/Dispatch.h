// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Gives interpreters a jump of its own behind each of their instructions.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// Turns a switch that many blocks come back to into an indirect branch, which
/// the code generator copies to the end of each of them. For the end of the
/// pipeline, and for code that is not position-independent.
class DispatchPass : public llvm::PassInfoMixin<DispatchPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
