// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Forms addresses of guarded memories near one that was just accessed without
// an addition of 32 bits.

#pragma once

#include "llvm/IR/PassManager.h"

namespace moat {

/// Rewrites zext(y + d) + c as (zext(y) + d) + c where an access at y comes
/// first on every path, and d is small. The addresses lose an instruction each,
/// and LLVM sees that accesses are next to each other.
class NoWrapPass : public llvm::PassInfoMixin<NoWrapPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
