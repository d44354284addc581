// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Keeps in a register what a loop has in one place of memory.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// Gives a loop of one block that reads or writes the same place in every turn
/// a copy that has the place in a register, for the turns in which nothing else
/// touches it. Run-time tests find them.
class CellPass : public llvm::PassInfoMixin<CellPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
