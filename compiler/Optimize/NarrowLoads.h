// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Loads no more lanes than are read.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// Makes loads of vectors narrower of which shuffles read the first lanes only.
class NarrowLoadsPass : public llvm::PassInfoMixin<NarrowLoadsPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
