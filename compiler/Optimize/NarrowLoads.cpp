// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Vectors of which the first lanes are read.
//
// WebAssembly extends the lower half of a vector (extend_low), so a producer
// that wants four bytes as four numbers of 32 bits loads 4, 8 or 16 bytes, just
// as its instruction selection falls out: in a sum of bytes that clang unrolled
// by four, one copy loads 16 bytes, one 8 and two 4. Cut to what is read, the
// copies are alike again, and are rolled back (Reroll.cpp) and widened
// (Widen.cpp).
//
// The narrower access touches the first of the same bytes, so it traps only
// where the wide one did. What the other bytes' trap may be told by is a load
// of which nobody uses those bytes: such may vanish (compiler/README.md, "When
// does a dropped load stay?"). Under --strict-traps loads are volatile, and
// stay.

#include "Optimize/NarrowLoads.h"
#include "LLVM.h"
#include "Optimize/Linear.h"
#include "llvm/ADT/bit.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace moat;

/// How many lanes of \p load, from the first one, shuffles read; all of them if
/// anything else reads it.
static unsigned lanesRead(const llvm::LoadInst &load, unsigned lanes) {
  int last = -1;
  for (const llvm::User *user : load.users()) {
    auto *shuffle = llvm::dyn_cast<llvm::ShuffleVectorInst>(user);
    if (!shuffle || shuffle->getOperand(0) != &load ||
        !llvm::isa<llvm::PoisonValue>(shuffle->getOperand(1)))
      return lanes;
    for (int lane : shuffle->getShuffleMask())
      if (lane < static_cast<int>(lanes)) // the others are poison
        last = std::max(last, lane);
  }
  return last + 1;
}

static bool narrow(llvm::LoadInst &load) {
  auto *type = llvm::dyn_cast<llvm::FixedVectorType>(load.getType());
  if (!type || !load.isSimple() || !isGuarded(load) || load.use_empty() ||
      type->getScalarSizeInBits() % 8 != 0)
    return false;
  unsigned lanes = type->getNumElements();
  unsigned kept = llvm::bit_ceil(std::max(lanesRead(load, lanes), 1u));
  if (kept >= lanes)
    return false;

  llvm::IRBuilder<> b(&load);
  llvm::LoadInst *narrower = b.CreateAlignedLoad(
      llvm::FixedVectorType::get(type->getElementType(), kept),
      load.getPointerOperand(), load.getAlign());
  narrower->copyMetadata(load, {llvm::LLVMContext::MD_tbaa});
  for (llvm::User *user : llvm::make_early_inc_range(load.users())) {
    auto *shuffle = llvm::cast<llvm::ShuffleVectorInst>(user);
    b.SetInsertPoint(shuffle);
    SmallVector<int, 16> mask;
    for (int lane : shuffle->getShuffleMask())
      mask.push_back(lane < static_cast<int>(kept) ? lane
                                                   : llvm::PoisonMaskElem);
    bool isAll = mask.size() == kept &&
                 llvm::ShuffleVectorInst::isIdentityMask(mask, kept);
    shuffle->replaceAllUsesWith(isAll ? narrower
                                      : b.CreateShuffleVector(narrower, mask));
    shuffle->eraseFromParent();
  }
  load.eraseFromParent();
  return true;
}

llvm::PreservedAnalyses NarrowLoadsPass::run(llvm::Function &function,
                                             llvm::FunctionAnalysisManager &) {
  SmallVector<llvm::LoadInst *, 16> loads;
  for (llvm::Instruction &instruction : llvm::instructions(function))
    if (auto *load = llvm::dyn_cast<llvm::LoadInst>(&instruction))
      if (load->getType()->isVectorTy())
        loads.push_back(load);
  bool changed = false;
  for (llvm::LoadInst *load : loads)
    changed |= narrow(*load);
  if (!changed)
    return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  return preserved;
}
