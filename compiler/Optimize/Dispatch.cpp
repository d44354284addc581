// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// An interpreter written with computed goto has a jump behind each instruction,
// which processors predict better than one jump for all. WebAssembly has no
// computed goto: a producer merges the jumps into one br_table, which takes
// labels as numbers. Here the br_table becomes an indirect branch through a
// table of addresses again, and is copied, with what fetches the instruction,
// to the end of each block that comes to it. (The code generator, which does
// this for one computed goto, does not for so many ways in and out.)
//
// An index past the table takes the last entry, the default's, as in br_table
// (Core 3.0, 4.6.12 Control Instructions).

#include "Optimize/Dispatch.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/CFG.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/Local.h"
#include "llvm/Transforms/Utils/SSAUpdater.h"

using namespace moat;
using llvm::APInt;
using llvm::SmallVector;

/// Worth a copy in each block that comes to it.
static bool isSmall(const llvm::BasicBlock &block) {
  constexpr unsigned maxInstructions = 12;
  unsigned instructions = 0;
  for (const llvm::Instruction &instruction : block) {
    if (llvm::isa<llvm::PHINode>(instruction))
      continue;
    if (llvm::isa<llvm::CallBase>(instruction) || block.isEHPad() ||
        ++instructions > maxInstructions)
      return false;
  }
  return true;
}

/// The block that fetches the instruction for \p dispatch, if most come through
/// one, else \p dispatch itself.
static llvm::BasicBlock &entranceOf(llvm::BasicBlock &dispatch) {
  for (llvm::BasicBlock *before : llvm::predecessors(&dispatch))
    if (before->getSingleSuccessor() && isSmall(*before) &&
        llvm::pred_size(before) > llvm::pred_size(&dispatch))
      return *before;
  return dispatch;
}

/// It is small, many come to it, and it has many ways to go; but not so many
/// that their product hurts, as each way out has each way in.
static bool isDispatch(const llvm::SwitchInst &jump) {
  constexpr size_t minCases = 8, minComing = 8, maxEdges = 20'000;
  llvm::BasicBlock &block = *const_cast<llvm::BasicBlock *>(jump.getParent());
  if (jump.getNumCases() < minCases || !isSmall(block))
    return false;
  size_t coming = llvm::pred_size(&entranceOf(block));
  return coming >= minComing && coming * jump.getNumCases() <= maxEdges;
}

/// The lowest value and how many there are up to the highest; none if a table
/// of them would be mostly empty.
static std::optional<std::pair<APInt, uint64_t>>
rangeOf(const llvm::SwitchInst &jump) {
  APInt low = jump.case_begin()->getCaseValue()->getValue(), high = low;
  for (const auto &at : jump.cases()) {
    const APInt &value = at.getCaseValue()->getValue();
    low = llvm::APIntOps::umin(low, value);
    high = llvm::APIntOps::umax(high, value);
  }
  // Nothing to subtract.
  constexpr uint64_t nearZero = 16;
  if (low.ult(nearZero))
    low.clearAllBits();
  constexpr uint64_t maxSparsity = 4;
  uint64_t distance = (high - low).getLimitedValue();
  if (distance >= maxSparsity * jump.getNumCases())
    return std::nullopt;
  return std::pair(low, distance + 1);
}

static bool makeIndirect(llvm::SwitchInst &jump) {
  auto range = rangeOf(jump);
  if (!range)
    return false;
  auto [low, size] = *range;
  llvm::BasicBlock *block = jump.getParent();
  llvm::Function *function = block->getParent();
  SmallVector<llvm::BasicBlock *> targets(size + 1, jump.getDefaultDest());
  for (const auto &at : jump.cases())
    targets[(at.getCaseValue()->getValue() - low).getZExtValue()] =
        at.getCaseSuccessor();

  llvm::IRBuilder<> b(&jump);
  SmallVector<llvm::Constant *> addresses;
  for (llvm::BasicBlock *target : targets)
    addresses.push_back(llvm::BlockAddress::get(function, target));
  auto *type = llvm::ArrayType::get(b.getPtrTy(), addresses.size());
  auto *table = new llvm::GlobalVariable(
      *function->getParent(), type, /*isConstant=*/true,
      llvm::GlobalValue::PrivateLinkage,
      llvm::ConstantArray::get(type, addresses));
  table->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  llvm::Value *index = b.CreateSub(jump.getCondition(), b.getInt(low));
  index = b.CreateBinaryIntrinsic(llvm::Intrinsic::umin,
                                  b.CreateZExtOrTrunc(index, b.getInt64Ty()),
                                  b.getInt64(size));
  llvm::Value *address = b.CreateLoad(
      b.getPtrTy(), b.CreateGEP(type, table, {b.getInt64(0), index}));
  llvm::SetVector<llvm::BasicBlock *> successors(targets.begin(),
                                                 targets.end());
  // A phi has an entry for each edge, and now there is one edge to each.
  llvm::SmallPtrSet<llvm::BasicBlock *, 32> met;
  for (llvm::BasicBlock *successor : llvm::successors(block))
    if (!met.insert(successor).second)
      successor->removePredecessor(block, /*KeepOneInputPHIs=*/true);
  llvm::IndirectBrInst *branch = b.CreateIndirectBr(address, successors.size());
  for (llvm::BasicBlock *successor : successors)
    branch->addDestination(successor);
  jump.eraseFromParent();
  return true;
}

/// A block's instructions, phis too, and what they are in a copy. Of a phi it
/// is a cast that changes nothing.
using Copy = llvm::DenseMap<llvm::Value *, llvm::Value *>;

/// Puts a copy of \p block in place of the jump to it at the end of \p before.
static Copy copyInto(llvm::BasicBlock &block, llvm::BasicBlock &before) {
  llvm::Instruction *jump = before.getTerminator();
  Copy copy;
  auto copyOf = [&](llvm::Value *value) {
    llvm::Value *found = copy.lookup(value);
    return found ? found : value;
  };
  // What the block made before is an operand of the cast, where SSAUpdater
  // finds it: it has another maker now, too.
  for (llvm::PHINode &phi : block.phis())
    copy[&phi] = new llvm::BitCastInst(phi.getIncomingValueForBlock(&before),
                                       phi.getType(), "", jump->getIterator());
  for (llvm::Instruction &instruction : block) {
    if (llvm::isa<llvm::PHINode>(instruction))
      continue;
    llvm::Instruction *made = instruction.clone();
    made->insertBefore(jump->getIterator());
    for (llvm::Use &use : made->operands())
      use.set(copyOf(use.get()));
    copy[&instruction] = made;
  }
  for (llvm::BasicBlock *successor : llvm::successors(&block))
    for (llvm::PHINode &phi : successor->phis())
      phi.addIncoming(copyOf(phi.getIncomingValueForBlock(&block)), &before);
  block.removePredecessor(&before, /*KeepOneInputPHIs=*/true);
  jump->eraseFromParent();
  return copy;
}

/// Copies \p block to the end of each block that only goes there.
static void copyToPredecessors(llvm::BasicBlock &block) {
  SmallVector<std::pair<llvm::BasicBlock *, Copy>> copies;
  for (llvm::BasicBlock *before : llvm::to_vector(llvm::predecessors(&block)))
    if (llvm::isa<llvm::BranchInst>(before->getTerminator()) &&
        before->getSingleSuccessor() && before != &block)
      copies.emplace_back(before, copyInto(block, *before));
  // What the block made has several makers now.
  for (llvm::Instruction &instruction : block) {
    SmallVector<llvm::Use *> outside;
    for (llvm::Use &use : instruction.uses()) {
      auto *user = llvm::cast<llvm::Instruction>(use.getUser());
      auto *phi = llvm::dyn_cast<llvm::PHINode>(user);
      if ((phi ? phi->getIncomingBlock(use) : user->getParent()) != &block)
        outside.push_back(&use);
    }
    if (outside.empty())
      continue;
    llvm::SSAUpdater updater;
    updater.Initialize(instruction.getType(), instruction.getName());
    updater.AddAvailableValue(&block, &instruction);
    for (auto &[before, copy] : copies)
      updater.AddAvailableValue(before, copy.lookup(&instruction));
    for (llvm::Use *use : outside)
      updater.RewriteUse(*use);
  }
  for (auto &[before, copy] : copies)
    for (llvm::PHINode &phi : block.phis()) {
      auto *incoming = llvm::cast<llvm::Instruction>(copy.lookup(&phi));
      incoming->replaceAllUsesWith(incoming->getOperand(0));
      incoming->eraseFromParent();
    }
}

llvm::PreservedAnalyses DispatchPass::run(llvm::Function &function,
                                          llvm::FunctionAnalysisManager &) {
  SmallVector<llvm::SwitchInst *> dispatches;
  for (llvm::BasicBlock &block : function)
    if (auto *jump = llvm::dyn_cast<llvm::SwitchInst>(block.getTerminator());
        jump && isDispatch(*jump))
      dispatches.push_back(jump);
  bool changed = false;
  for (llvm::SwitchInst *jump : dispatches) {
    llvm::BasicBlock &dispatch = *jump->getParent();
    if (!makeIndirect(*jump))
      continue;
    changed = true;
    llvm::BasicBlock &entrance = entranceOf(dispatch);
    copyToPredecessors(dispatch);
    if (&entrance != &dispatch)
      copyToPredecessors(entrance);
  }
  if (changed)
    llvm::removeUnreachableBlocks(function);
  return changed ? llvm::PreservedAnalyses::none()
                 : llvm::PreservedAnalyses::all();
}
