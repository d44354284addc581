// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// How often a loop turns, for passes that let it turn less or more often.

#pragma once

#include "llvm/IR/PassManager.h"

namespace llvm {
class Loop;
class SCEV;
class ScalarEvolution;
} // namespace llvm

namespace moat {

/// How often the loop turns, less one, if that can be computed in front of it
/// and its latch is the only way out. Null if not. At most 56 bits, so that a
/// count of several times as many turns fits 64.
const llvm::SCEV *countTurns(llvm::Loop &loop,
                             llvm::ScalarEvolution &evolution);

/// Computes what a loop's counter is compared with in front of the loop. Where
/// it stands inside, as instruction combining may leave it, LLVM sees no trip
/// count if it is more than sums and products (an `or` of the loop's bound).
class CountInFrontPass : public llvm::PassInfoMixin<CountInFrontPass> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace moat
