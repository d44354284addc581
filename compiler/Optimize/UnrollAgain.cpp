// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What is unrolled behind the vectorizer: rolled loops that it did not take, as
// they were, and at -O2 small ones.

#include "LLVM.h"
#include "Optimize/Reroll.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LoopUnrollPass.h"
#include "llvm/Transforms/Utils/LoopUtils.h"

using namespace moat;

static bool hasVectors(const llvm::Loop &loop) {
  return llvm::any_of(*loop.getHeader(), [](const llvm::Instruction &it) {
    return it.getType()->isVectorTy();
  });
}

/// A loop that the vectorizer made, in which the counter is a good part of what
/// is executed.
static bool isSmallVectorLoop(const llvm::Loop &loop) {
  constexpr size_t maxInstructions = 32;
  return loop.getNumBlocks() == 1 &&
         loop.getHeader()->size() <= maxInstructions &&
         llvm::getBooleanLoopAttribute(&loop, "llvm.loop.isvectorized") &&
         hasVectors(loop);
}

/// Whether \p instruction needs its own result of the turn before. Its loop is
/// one block.
static bool needsItself(const llvm::Instruction &instruction) {
  const llvm::BasicBlock *block = instruction.getParent();
  llvm::SmallSetVector<const llvm::Value *, 16> needed;
  needed.insert(&instruction);
  for (size_t i = 0; i < needed.size(); ++i)
    for (const llvm::Value *operand :
         llvm::cast<llvm::Instruction>(needed[i])->operand_values()) {
      if (operand == &instruction)
        return true;
      auto *definition = llvm::dyn_cast<llvm::Instruction>(operand);
      if (definition && definition->getParent() == block)
        needed.insert(definition);
    }
  return false;
}

/// A small loop with one division, of numbers whose quotients fill a vector of
/// every processor by twos; the next turn's does not wait for it.
static bool dividesOnce(const llvm::Loop &loop) {
  constexpr size_t maxInstructions = 40;
  if (loop.getNumBlocks() != 1 || loop.getHeader()->size() > maxInstructions ||
      llvm::getBooleanLoopAttribute(&loop, "llvm.loop.isvectorized"))
    return false;
  const llvm::Instruction *division = nullptr;
  for (const llvm::Instruction &it : *loop.getHeader()) {
    if (it.getOpcode() != llvm::Instruction::FDiv)
      continue;
    if (division || !it.getType()->isDoubleTy())
      return false;
    division = &it;
  }
  return division && !needsItself(*division);
}

/// A loop that the vectorizer made, or left for the rest of the turns. The one
/// that it left for accesses that overlap has all of them.
static bool isDone(llvm::Loop &loop, llvm::ScalarEvolution &evolution,
                   unsigned factor) {
  if (!llvm::getBooleanLoopAttribute(&loop, "llvm.loop.isvectorized"))
    return false;
  return hasVectors(loop) ||
         evolution.getSmallConstantTripMultiple(&loop) % factor;
}

/// Of an unrolled loop: lets each turn add to an integer vector once. What the
/// copies add is summed up first, and does not wait for the turn before.
static void shortenSums(llvm::BasicBlock &body) {
  for (llvm::PHINode &phi : body.phis()) {
    if (!phi.getType()->isVectorTy() || !phi.getType()->isIntOrIntVectorTy() ||
        !phi.hasOneUse() || phi.getBasicBlockIndex(&body) < 0)
      continue;
    auto *last = llvm::dyn_cast<llvm::BinaryOperator>(
        phi.getIncomingValueForBlock(&body));
    SmallVector<llvm::Value *, 8> numbers;
    llvm::Value *kept = &phi;
    llvm::BinaryOperator *link = nullptr;
    do {
      llvm::Use &use = *kept->use_begin();
      link = llvm::dyn_cast<llvm::BinaryOperator>(use.getUser());
      if (!link || link->getOpcode() != llvm::Instruction::Add ||
          link->getParent() != &body)
        break;
      numbers.push_back(link->getOperand(1 - use.getOperandNo()));
      kept = link;
    } while (link != last && link->hasOneUse());
    if (kept != last || numbers.size() < 2)
      continue;
    llvm::IRBuilder<> b(last);
    // Two at a time, so that none waits for all of the others.
    for (size_t next = 0; next + 1 < numbers.size(); next += 2)
      numbers.push_back(b.CreateAdd(numbers[next], numbers[next + 1]));
    last->setOperand(0, &phi);
    last->setOperand(1, numbers.back());
    last->dropPoisonGeneratingFlags();
  }
}

llvm::PreservedAnalyses
UnrollAgainPass::run(llvm::Function &function,
                     llvm::FunctionAnalysisManager &analyses) {
  auto &evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  bool unrolls = false;
  for (llvm::Loop *loop :
       analyses.getResult<llvm::LoopAnalysis>(function).getLoopsInPreorder()) {
    std::optional<int> factor =
        llvm::getOptionalIntLoopAttribute(loop, rolledMark);
    if (doubles && (isSmallVectorLoop(*loop) || dividesOnce(*loop)))
      factor = 2;
    else if (!factor || isDone(*loop, evolution, *factor))
      continue;
    llvm::addStringMetadataToLoop(loop, "llvm.loop.unroll.count", *factor);
    unrolls = true;
  }
  if (!unrolls)
    return llvm::PreservedAnalyses::all();
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::LoopUnrollPass(
      llvm::LoopUnrollOptions(/*OptLevel=*/2, /*OnlyWhenForced=*/true)));
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
  llvm::PreservedAnalyses preserved = passes.run(function, analyses);
  for (llvm::BasicBlock &block : function)
    shortenSums(block);
  llvm::PreservedAnalyses ofControlFlow;
  ofControlFlow.preserveSet<llvm::CFGAnalyses>();
  preserved.intersect(ofControlFlow);
  return preserved;
}
