// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A guest's address is a value of 32 bits; the machine wants 64. Where an
// instruction made the value, the extension costs nothing: instructions of 32
// bits clear the rest of the register, on x86-64 as on AArch64. But LLVM
// selects instructions block by block, and of a value from another block, as of
// a phi, it does not know that: each block that uses it extends it again, by a
// move.
//
// So the extension goes to where the value is made, phis become 64 bits wide,
// and uses of 32 bits in other blocks are truncations, which cost nothing.

#include "Optimize/ZeroExtend.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace moat;
using llvm::SmallVector;

namespace {
class Extender {
public:
  explicit Extender(llvm::Function &function)
      : function(function),
        wideType(llvm::Type::getInt64Ty(function.getContext())) {}

  bool run();

private:
  void find();
  llvm::Value *narrowIn(llvm::BasicBlock &block, llvm::Value *value);
  void replaceUses(llvm::Value *value);

  llvm::Function &function;
  llvm::Type *const wideType;
  llvm::SetVector<llvm::PHINode *> phis;
  /// What else is extended where it is made.
  llvm::SetVector<llvm::Value *> values;
  llvm::DenseMap<llvm::Value *, llvm::Value *> wide;
  llvm::DenseMap<std::pair<llvm::BasicBlock *, llvm::Value *>, llvm::Value *>
      narrow;
};
} // namespace

/// Something may be put behind what makes it.
static bool isExtensible(const llvm::Value *value) {
  if (!value->getType()->isIntegerTy(32))
    return false;
  auto *instruction = llvm::dyn_cast<llvm::Instruction>(value);
  return instruction ? !instruction->isTerminator()
                     : llvm::isa<llvm::Argument>(value);
}

/// A phi that can be 64 bits wide.
static llvm::PHINode *asWidenable(llvm::Value *value) {
  auto *phi = llvm::dyn_cast<llvm::PHINode>(value);
  // An invoke's result is there on an edge only.
  bool isWidenable =
      phi && llvm::none_of(phi->incoming_values(), [](const llvm::Use &use) {
        auto *made = llvm::dyn_cast<llvm::Instruction>(use.get());
        return made && made->isTerminator();
      });
  return isWidenable ? phi : nullptr;
}

static const llvm::BasicBlock *blockOf(const llvm::Value *value) {
  auto *instruction = llvm::dyn_cast<llvm::Instruction>(value);
  return instruction
             ? instruction->getParent()
             : &llvm::cast<llvm::Argument>(value)->getParent()->getEntryBlock();
}

void Extender::find() {
  for (llvm::Instruction &instruction : llvm::instructions(function)) {
    auto *extension = llvm::dyn_cast<llvm::ZExtInst>(&instruction);
    if (!extension || extension->getType() != wideType)
      continue;
    llvm::Value *value = extension->getOperand(0);
    if (!isExtensible(value))
      continue;
    if (auto *phi = asWidenable(value))
      phis.insert(phi);
    else if (blockOf(value) != extension->getParent())
      values.insert(value);
  }
  // What a wide phi takes is wide as well; the set grows meanwhile.
  for (size_t i = 0; i < phis.size(); ++i)
    for (llvm::Value *value : phis[i]->incoming_values()) {
      if (auto *phi = asWidenable(value))
        phis.insert(phi);
      else if (isExtensible(value))
        values.insert(value);
    }
}

/// \p value as 32 bits for uses in \p block.
llvm::Value *Extender::narrowIn(llvm::BasicBlock &block, llvm::Value *value) {
  llvm::Value *&result = narrow[{&block, value}];
  if (!result)
    result = llvm::IRBuilder<>(&block, block.getFirstInsertionPt())
                 .CreateTrunc(wide.lookup(value), value->getType());
  return result;
}

void Extender::replaceUses(llvm::Value *value) {
  llvm::Value *wideValue = wide.lookup(value);
  auto *widened = llvm::dyn_cast<llvm::PHINode>(value);
  bool isPhi = widened && phis.contains(widened);
  for (llvm::Use &use : llvm::make_early_inc_range(value->uses())) {
    auto *user = llvm::cast<llvm::Instruction>(use.getUser());
    llvm::BasicBlock *block = user->getParent();
    if (user == wideValue)
      continue;
    if (auto *phi = llvm::dyn_cast<llvm::PHINode>(user)) {
      if (phis.contains(phi))
        continue;
      block = phi->getIncomingBlock(use);
    }
    if (llvm::isa<llvm::ZExtInst>(user) && user->getType() == wideType) {
      user->replaceAllUsesWith(wideValue);
      user->eraseFromParent();
    } else if (isPhi || block != blockOf(value)) {
      use.set(narrowIn(*block, value));
    }
  }
}

bool Extender::run() {
  find();
  if (phis.empty() && values.empty())
    return false;
  for (llvm::PHINode *phi : phis)
    wide[phi] = llvm::IRBuilder<>(phi).CreatePHI(
        wideType, phi->getNumIncomingValues(), phi->getName());
  for (llvm::Value *value : values) {
    llvm::BasicBlock *block = const_cast<llvm::BasicBlock *>(blockOf(value));
    auto *made = llvm::dyn_cast<llvm::Instruction>(value);
    auto at = made && !llvm::isa<llvm::PHINode>(made)
                  ? std::next(made->getIterator())
                  : block->getFirstInsertionPt();
    // Selects with one condition become one branch only side by side.
    while (llvm::isa_and_nonnull<llvm::SelectInst>(made) &&
           llvm::isa<llvm::SelectInst>(at))
      ++at;
    wide[value] = llvm::IRBuilder<>(block, at).CreateZExt(value, wideType);
  }
  for (llvm::PHINode *phi : phis) {
    auto *widePhi = llvm::cast<llvm::PHINode>(wide.lookup(phi));
    for (auto [value, block] :
         llvm::zip(phi->incoming_values(), phi->blocks())) {
      llvm::Value *wideValue = wide.lookup(value);
      if (!wideValue)
        wideValue = llvm::IRBuilder<>(block->getTerminator())
                        .CreateZExt(value, wideType);
      widePhi->addIncoming(wideValue, block);
    }
  }
  for (llvm::Value *value : values)
    replaceUses(value);
  for (llvm::PHINode *phi : phis)
    replaceUses(phi);
  for (llvm::PHINode *phi : phis) {
    if (phi->isUsedByMetadata())
      phi->replaceAllUsesWith(narrowIn(*phi->getParent(), phi));
    phi->replaceAllUsesWith(llvm::PoisonValue::get(phi->getType()));
    phi->eraseFromParent();
  }
  return true;
}

llvm::PreservedAnalyses ZeroExtendPass::run(llvm::Function &function,
                                            llvm::FunctionAnalysisManager &) {
  if (!Extender(function).run())
    return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  return preserved;
}
