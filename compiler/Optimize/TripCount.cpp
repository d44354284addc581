// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.

#include "Optimize/TripCount.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

using namespace moat;

const llvm::SCEV *moat::countTurns(llvm::Loop &loop,
                                   llvm::ScalarEvolution &evolution) {
  llvm::BasicBlock *latch = loop.getLoopLatch();
  if (!loop.getLoopPreheader() || !latch || loop.getExitingBlock() != latch ||
      !llvm::isa<llvm::BranchInst>(latch->getTerminator()))
    return nullptr;
  const llvm::SCEV *turns = evolution.getBackedgeTakenCount(&loop);
  constexpr unsigned maxTurnsLog2 = 56;
  bool isKnown =
      !llvm::isa<llvm::SCEVCouldNotCompute>(turns) &&
      llvm::SCEVExpander(evolution, "turns").isSafeToExpand(turns) &&
      evolution.getUnsignedRangeMax(turns).getActiveBits() <= maxTurnsLog2;
  return isKnown ? turns : nullptr;
}

llvm::PreservedAnalyses
CountInFrontPass::run(llvm::Function &function,
                      llvm::FunctionAnalysisManager &analyses) {
  bool isChanged = false;
  for (llvm::Loop *loop :
       analyses.getResult<llvm::LoopAnalysis>(function).getLoopsInPreorder()) {
    llvm::BasicBlock *latch = loop->getLoopLatch();
    auto *branch =
        latch ? llvm::dyn_cast<llvm::BranchInst>(latch->getTerminator())
              : nullptr;
    auto *end = branch && branch->isConditional()
                    ? llvm::dyn_cast<llvm::ICmpInst>(branch->getCondition())
                    : nullptr;
    if (!end || !loop->contains(end) || !loop->getLoopPreheader())
      continue;
    for (llvm::Value *operand : end->operands())
      loop->makeLoopInvariant(operand, isChanged);
  }
  if (!isChanged)
    return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  return preserved;
}
