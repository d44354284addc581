// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.

#include "Optimize/Pair.h"
#include "Optimize/Linear.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Vectorize/SLPVectorizer.h"
#include "llvm/Transforms/Vectorize/VectorCombine.h"

using namespace moat;

namespace {
/// A store of a floating point number.
struct FloatStore {
  LinearAddress address;
  uint64_t sizeBytes;

  bool isRightBehind(const FloatStore &other) const {
    auto isSame = [](const Linear::Term &one, const Linear::Term &two) {
      return one.leaf == two.leaf && one.coefficient == two.coefficient;
    };
    const Linear &here = address.offset, &there = other.address.offset;
    return address.base == other.address.base && sizeBytes == other.sizeBytes &&
           here.constant - there.constant == sizeBytes &&
           llvm::equal(here.terms, there.terms, isSame);
  }
};
} // namespace

static bool hasGain(llvm::BasicBlock &block, const llvm::DataLayout &layout) {
  constexpr size_t maxStores = 64;
  SmallVector<FloatStore, 8> stores;
  unsigned divisions = 0;
  for (llvm::Instruction &instruction : block) {
    bool isDivision = instruction.getOpcode() == llvm::Instruction::FDiv &&
                      !instruction.getType()->isVectorTy();
    if (isDivision && ++divisions == 2)
      return true;
    auto *store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
    if (!store || !store->isSimple() || stores.size() == maxStores)
      continue;
    llvm::Type *type = store->getValueOperand()->getType();
    if (!type->isFloatingPointTy())
      continue;
    stores.push_back({LinearAddress::of(store->getPointerOperand(), layout),
                      layout.getTypeStoreSize(type)});
    for (const FloatStore &other : llvm::drop_end(stores))
      if (other.isRightBehind(stores.back()) ||
          stores.back().isRightBehind(other))
        return true;
  }
  return false;
}

static bool hasGain(llvm::LoopInfo &loops, const llvm::DataLayout &layout) {
  return llvm::any_of(loops, [&](llvm::Loop *loop) {
    return llvm::any_of(loop->blocks(), [&](llvm::BasicBlock *block) {
      return hasGain(*block, layout);
    });
  });
}

/// The vectorizer begins with the code behind a loop, and would arrange what
/// the loop computes for that. So the uses there are hidden behind a copy.
static void hideUsesBehind(llvm::Loop &loop,
                           SmallVectorImpl<llvm::CallInst *> &copies) {
  auto isBehind = [&](const llvm::Use &use) {
    return !loop.contains(llvm::cast<llvm::Instruction>(use.getUser()));
  };
  for (llvm::BasicBlock *block : loop.blocks())
    for (llvm::Instruction &value : llvm::make_early_inc_range(*block)) {
      if (!value.getType()->isFloatingPointTy() || value.isTerminator() ||
          llvm::none_of(value.uses(), isBehind))
        continue;
      llvm::IRBuilder<> b(block, llvm::isa<llvm::PHINode>(value)
                                     ? block->getFirstInsertionPt()
                                     : std::next(value.getIterator()));
      auto *copy = llvm::cast<llvm::CallInst>(
          b.CreateUnaryIntrinsic(llvm::Intrinsic::ssa_copy, &value));
      value.replaceUsesWithIf(copy, isBehind);
      copies.push_back(copy);
    }
}

namespace {
/// The vectorizer begins with stores next to each other and with few other
/// things: not with the two products of quotients that a sum in order adds. So
/// they are stored meanwhile, to a variable that nobody reads.
class Seeds {
public:
  explicit Seeds(llvm::Function &function) : function(function) {}

  /// Of a loop of one block that divides twice, as one that was unrolled by two
  /// (UnrollAgainPass).
  void add(llvm::Loop &loop) {
    if (loop.getNumBlocks() != 1)
      return;
    SmallVector<llvm::Instruction *, 2> quotients;
    for (llvm::Instruction &it : *loop.getHeader())
      if (it.getOpcode() == llvm::Instruction::FDiv)
        quotients.push_back(&it);
    auto isDouble = [](llvm::Instruction *it) {
      return it->getType()->isDoubleTy();
    };
    if (quotients.size() != 2 || !llvm::all_of(quotients, isDouble))
      return;
    if (llvm::all_of(quotients, productOf))
      for (llvm::Instruction *&quotient : quotients)
        quotient = productOf(quotient);
    llvm::IRBuilder<> b(&*function.getEntryBlock().getFirstInsertionPt());
    llvm::Value *pair =
        b.CreateAlloca(llvm::ArrayType::get(b.getDoubleTy(), quotients.size()));
    pairs.push_back(llvm::cast<llvm::AllocaInst>(pair));
    b.SetInsertPoint(loop.getHeader()->getTerminator());
    for (auto [i, quotient] : llvm::enumerate(quotients))
      b.CreateStore(quotient,
                    b.CreateConstInBoundsGEP1_64(b.getDoubleTy(), pair, i));
  }

  void remove() {
    for (llvm::AllocaInst *pair : pairs) {
      for (llvm::User *user : llvm::make_early_inc_range(pair->users()))
        eraseWithUsers(llvm::cast<llvm::Instruction>(user));
      pair->eraseFromParent();
    }
  }

private:
  /// The only use of a quotient, if that multiplies it in the same block.
  static llvm::Instruction *productOf(llvm::Instruction *quotient) {
    if (!quotient->hasOneUse())
      return nullptr;
    auto *user = llvm::cast<llvm::Instruction>(quotient->user_back());
    return user->getOpcode() == llvm::Instruction::FMul &&
                   user->getParent() == quotient->getParent()
               ? user
               : nullptr;
  }

  /// An address and the stores to it.
  static void eraseWithUsers(llvm::Instruction *instruction) {
    for (llvm::User *user : llvm::make_early_inc_range(instruction->users()))
      eraseWithUsers(llvm::cast<llvm::Instruction>(user));
    instruction->eraseFromParent();
  }

  llvm::Function &function;
  SmallVector<llvm::AllocaInst *, 4> pairs;
};
} // namespace

llvm::PreservedAnalyses PairPass::run(llvm::Function &function,
                                      llvm::FunctionAnalysisManager &analyses) {
  auto &loops = analyses.getResult<llvm::LoopAnalysis>(function);
  if (!hasGain(loops, function.getDataLayout()))
    return llvm::PreservedAnalyses::all();
  SmallVector<llvm::CallInst *, 16> copies;
  for (llvm::Loop *loop : loops)
    hideUsesBehind(*loop, copies);
  Seeds seeds(function);
  for (llvm::Loop *loop : loops.getLoopsInPreorder())
    seeds.add(*loop);
  bool hasVectors =
      !llvm::SLPVectorizerPass().run(function, analyses).areAllPreserved();
  seeds.remove();
  for (llvm::CallInst *copy : copies) {
    copy->replaceAllUsesWith(copy->getArgOperand(0));
    copy->eraseFromParent();
  }
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  if (!hasVectors)
    return preserved;
  analyses.invalidate(function, preserved);
  llvm::FunctionPassManager finish;
  finish.addPass(llvm::VectorCombinePass());
  finish.addPass(llvm::InstCombinePass());
  finish.run(function, analyses);
  return preserved;
}
