// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Keeps 32-bit values that are addresses in 64-bit registers.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// Extends a 32-bit value that is used as a 64-bit one where it is made, not
/// where it is used, so that only the wide value is alive between blocks. For
/// the end of the pipeline: it hides what passes know about 32-bit values.
class ZeroExtendPass : public llvm::PassInfoMixin<ZeroExtendPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
