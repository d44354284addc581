// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Where a producer knows how many turns a loop has, and unrolls it by a number
// that does not divide them, it leaves one exit, between two copies of the
// body: 599 turns by two are
//
//   loop: copy; leave after 300 of them; copy
//
// That is two blocks, of which no other pass makes anything. Turned so that it
// ends with its test, the loop is one block again, of all copies, behind those
// that came in front of the exit:
//
//   copy; loop: copy; copy; leave after 299
//
// LLVM turns loops so, but only where what it has to repeat is small: here that
// is what the programmer wrote as one turn or a few.

#include "Optimize/Rotate.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Analysis/InstructionSimplify.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/MemorySSAUpdater.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Utils/LoopRotationUtils.h"

using namespace moat;

/// Of what is repeated in front of the loop.
static constexpr unsigned maxInstructions = 160;

namespace {
/// What a block does, but for addresses and counters: the same in each copy.
struct Deeds {
  explicit Deeds(const llvm::BasicBlock &block);

  llvm::SmallDenseSet<std::pair<unsigned, llvm::Type *>> kinds;
  bool hasAccess = false;
  bool hasCall = false;
};
} // namespace

Deeds::Deeds(const llvm::BasicBlock &block) {
  for (const llvm::Instruction &it : block) {
    hasCall |= it.mayHaveSideEffects() && !llvm::isa<llvm::StoreInst>(it);
    if (llvm::isa<llvm::LoadInst, llvm::StoreInst>(it)) {
      hasAccess = true;
      kinds.insert({it.getOpcode(), llvm::getLoadStoreType(&it)});
    } else if (it.isBinaryOp() && it.getType()->isFPOrFPVectorTy()) {
      kinds.insert({it.getOpcode(), it.getType()});
    }
  }
}

/// Whether \p loop consists of a block that ends with its only test and one
/// that leads back to it, and both do the same.
static bool leavesBetweenCopies(const llvm::Loop &loop) {
  const llvm::BasicBlock *header = loop.getHeader(),
                         *latch = loop.getLoopLatch();
  if (!loop.isInnermost() || loop.getNumBlocks() != 2 || !latch ||
      !loop.isLoopSimplifyForm() || loop.getExitingBlock() != header ||
      header->size() > maxInstructions)
    return false;
  Deeds first(*header), rest(*latch);
  return first.hasAccess && !first.hasCall && !rest.hasCall &&
         first.kinds == rest.kinds;
}

namespace {
/// Lets the second block compute the sums and addresses that the first one has:
/// kept for the next turn, they would not look like those of the other copies.
class AddressCopier {
public:
  AddressCopier(llvm::BasicBlock &header, llvm::BasicBlock &latch)
      : header(header), latch(latch), place(latch.getFirstInsertionPt()) {}

  void run() {
    llvm::SmallVector<llvm::Instruction *, 32> users;
    for (llvm::Instruction &it : latch)
      users.push_back(&it);
    for (llvm::Instruction *user : users)
      for (llvm::Use &use : user->operands())
        use.set(copyOf(use.get()));
  }

private:
  llvm::Value *copyOf(llvm::Value *value);

  llvm::BasicBlock &header, &latch;
  llvm::BasicBlock::iterator place;
  llvm::DenseMap<llvm::Instruction *, llvm::Instruction *> copies;
};
} // namespace

llvm::Value *AddressCopier::copyOf(llvm::Value *value) {
  auto *instruction = llvm::dyn_cast<llvm::Instruction>(value);
  if (!instruction || instruction->getParent() != &header ||
      !(llvm::isa<llvm::ZExtInst, llvm::GetElementPtrInst>(instruction) ||
        (instruction->isBinaryOp() && instruction->getType()->isIntegerTy() &&
         llvm::isSafeToSpeculativelyExecute(instruction))))
    return value;
  if (llvm::Instruction *copy = copies.lookup(instruction))
    return copy;
  llvm::Instruction *copy = instruction->clone();
  for (llvm::Use &use : copy->operands())
    use.set(copyOf(use.get()));
  copy->insertBefore(place);
  copies[instruction] = copy;
  return copy;
}

llvm::PreservedAnalyses
RotateUnrolledPass::run(llvm::Loop &loop, llvm::LoopAnalysisManager &,
                        llvm::LoopStandardAnalysisResults &analyses,
                        llvm::LPMUpdater &) {
  if (!leavesBetweenCopies(loop))
    return llvm::PreservedAnalyses::all();
  AddressCopier(*loop.getHeader(), *loop.getLoopLatch()).run();
  llvm::SimplifyQuery query =
      llvm::getBestSimplifyQuery(analyses, loop.getHeader()->getDataLayout());
  std::optional<llvm::MemorySSAUpdater> memory;
  if (analyses.MSSA)
    memory.emplace(analyses.MSSA);
  llvm::LoopRotation(&loop, &analyses.LI, &analyses.TTI, &analyses.AC,
                     &analyses.DT, &analyses.SE, memory ? &*memory : nullptr,
                     query, /*RotationOnly=*/false, maxInstructions,
                     /*IsUtilMode=*/false);
  llvm::PreservedAnalyses preserved = llvm::getLoopPassPreservedAnalyses();
  if (analyses.MSSA)
    preserved.preserve<llvm::MemorySSAAnalysis>();
  return preserved;
}
