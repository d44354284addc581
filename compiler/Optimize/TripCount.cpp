// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.

#include "Optimize/TripCount.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Analysis/SimplifyQuery.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/KnownBits.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

using namespace moat;

/// The low bits of \p value that are 0 where it comes to \p phi from \p block,
/// by the branch there: it is \p value as it is only if (value & 3) == 0.
static unsigned zeroBitsOnEdge(const llvm::PHINode &phi, llvm::Value *value,
                               const llvm::BasicBlock &block) {
  auto *branch = llvm::dyn_cast<llvm::BranchInst>(block.getTerminator());
  if (!branch || !branch->isConditional() ||
      branch->getSuccessor(0) == branch->getSuccessor(1))
    return 0;
  llvm::CondContext condition(branch->getCondition());
  condition.Invert = branch->getSuccessor(1) == phi.getParent();
  condition.AffectedValues.insert(value);
  llvm::SimplifyQuery query(phi.getDataLayout());
  return llvm::computeKnownBits(value, query.getWithCondContext(condition))
      .countMinTrailingZeros();
}

/// How many low bits of \p sum are 0, at least.
static unsigned zeroBits(const llvm::SCEV *sum,
                         llvm::ScalarEvolution &evolution) {
  unsigned known = evolution.getMinTrailingZeros(sum);
  if (auto *add = llvm::dyn_cast<llvm::SCEVAddExpr>(sum)) {
    unsigned least = UINT_MAX;
    for (const llvm::SCEV *term : add->operands())
      least = std::min(least, zeroBits(term, evolution));
    return std::max(known, least);
  }
  auto *unknown = llvm::dyn_cast<llvm::SCEVUnknown>(sum);
  auto *phi =
      unknown ? llvm::dyn_cast<llvm::PHINode>(unknown->getValue()) : nullptr;
  if (!phi)
    return known;
  // One phi deep: what enters it is not looked through any further.
  unsigned least = UINT_MAX;
  for (unsigned i = 0; i < phi->getNumIncomingValues(); ++i) {
    llvm::Value *value = phi->getIncomingValue(i);
    unsigned here =
        std::max(evolution.getMinTrailingZeros(evolution.getSCEV(value)),
                 zeroBitsOnEdge(*phi, value, *phi->getIncomingBlock(i)));
    least = std::min(least, here);
  }
  return std::max(known, least);
}

/// Turns, less one, of a loop that ends when a counter in steps of 2^s, up or
/// down, is exactly some number. LLVM does not know that it ever is, unless the
/// distance is a constant or masked; a producer that unrolls by 2^s does the
/// turns that are left first, and goes past them if there are none. Null if it
/// is not such a loop, or the distance not shown to be a multiple of 2^s. Then
/// the number of turns is the distance's quotient, whatever wraps: of all
/// counts that are equal to it in the counter's type, it is the least.
static const llvm::SCEV *countSteps(llvm::Loop &loop,
                                    llvm::ScalarEvolution &evolution) {
  auto *branch =
      llvm::cast<llvm::BranchInst>(loop.getLoopLatch()->getTerminator());
  auto *end = branch->isConditional()
                  ? llvm::dyn_cast<llvm::ICmpInst>(branch->getCondition())
                  : nullptr;
  if (!end || !end->isEquality() ||
      !end->getOperand(0)->getType()->isIntegerTy())
    return nullptr;
  bool staysIfEqual = end->getPredicate() == llvm::ICmpInst::ICMP_EQ;
  if (branch->getSuccessor(staysIfEqual ? 0 : 1) == loop.getHeader())
    return nullptr;
  for (unsigned side : {0, 1}) {
    auto *counter = llvm::dyn_cast<llvm::SCEVAddRecExpr>(
        evolution.getSCEV(end->getOperand(side)));
    const llvm::SCEV *last = evolution.getSCEV(end->getOperand(1 - side));
    if (!counter || counter->getLoop() != &loop || !counter->isAffine() ||
        !evolution.isLoopInvariant(last, &loop))
      continue;
    auto *step = llvm::dyn_cast<llvm::SCEVConstant>(
        counter->getStepRecurrence(evolution));
    if (!step || !step->getAPInt().abs().isPowerOf2())
      return nullptr;
    llvm::APInt size = step->getAPInt().abs();
    bool isUp = step->getAPInt().isStrictlyPositive();
    const llvm::SCEV *start = counter->getStart();
    const llvm::SCEV *distance = isUp ? evolution.getMinusSCEV(last, start)
                                      : evolution.getMinusSCEV(start, last);
    if (zeroBits(distance, evolution) < size.logBase2())
      return nullptr;
    return evolution.getUDivExpr(distance, evolution.getConstant(size));
  }
  return nullptr;
}

const llvm::SCEV *moat::countTurns(llvm::Loop &loop,
                                   llvm::ScalarEvolution &evolution) {
  llvm::BasicBlock *latch = loop.getLoopLatch();
  if (!loop.getLoopPreheader() || !latch || loop.getExitingBlock() != latch ||
      !llvm::isa<llvm::BranchInst>(latch->getTerminator()))
    return nullptr;
  const llvm::SCEV *turns = evolution.getBackedgeTakenCount(&loop);
  if (llvm::isa<llvm::SCEVCouldNotCompute>(turns))
    turns = countSteps(loop, evolution);
  constexpr unsigned maxTurnsLog2 = 56;
  bool isKnown =
      turns && llvm::SCEVExpander(evolution, "turns").isSafeToExpand(turns) &&
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
