// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Rolls back loops that the module's producer unrolled, so that LLVM's
// vectorizer sees what the programmer wrote.

#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/IR/PassManager.h"

namespace llvm {
class Loop;
class LPMUpdater;
} // namespace llvm

namespace moat {

/// Of a rolled loop, in its metadata: by how much.
inline constexpr llvm::StringLiteral rolledMark = "moat.rolled";

/// Rolls a loop of one block that consists of several copies of a body. Leaves
/// in the loop's metadata how many there were.
class RerollPass : public llvm::PassInfoMixin<RerollPass> {
public:
  /// \p rebases: gives a counter from 0 up to innermost loops that cannot be
  /// rolled, too, if theirs may be negative. For pipelines that widen counters.
  explicit RerollPass(bool rebases) : rebases(rebases) {}

  llvm::PreservedAnalyses run(llvm::Loop &loop, llvm::LoopAnalysisManager &,
                              llvm::LoopStandardAnalysisResults &analyses,
                              llvm::LPMUpdater &);

private:
  bool rebases;
};

/// After the vectorizer: unrolls again, with LLVM's unroller, what was rolled
/// and did not become a vector loop.
class UnrollAgainPass : public llvm::PassInfoMixin<UnrollAgainPass> {
public:
  /// \p doubles: unrolls by two the small loops that the vectorizer made, and
  /// those that divide once and that it left alone, since two quotients may
  /// become one vector's (PairPass). For pipelines in which nothing else does.
  explicit UnrollAgainPass(bool doubles) : doubles(doubles) {}

  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);

private:
  bool doubles;
};

} // namespace moat
