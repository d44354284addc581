// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Conversions to integers that saturate, of vectors.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// Writes a saturating conversion of a vector as a conversion and selections.
/// LLVM's code generator has none for vectors and does one lane after the
/// other, while its vectorizer takes them for cheap.
class SaturatePass : public llvm::PassInfoMixin<SaturatePass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
