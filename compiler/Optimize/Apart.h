// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Arrays of a loop as objects of their own, for LLVM's vectorizer.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// In loops that LLVM's analysis of accesses gives up, lets what is stored have
/// another base than what is loaded elsewhere, if that helps. The bases are
/// equal, but not seen to be. For right in front of the vectorizer.
class ApartPass : public llvm::PassInfoMixin<ApartPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

/// Behind the vectorizer: the bases are one again.
class TogetherPass : public llvm::PassInfoMixin<TogetherPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &);
};

} // namespace moat
