// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Removes what quiets a NaN that cannot be signaling.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// Removes llvm.canonicalize where its operand is a result of arithmetic. The
/// lowering puts it where LLVM might fold such arithmetic away; this runs when
/// it has, or has not. Not under --strict-float, which keeps every one of them
/// for what later passes may fold.
class QuietPass : public llvm::PassInfoMixin<QuietPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
