// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.

#include "Optimize/Alike.h"
#include "LLVM.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PatternMatch.h"
#include "llvm/Transforms/Utils/Local.h"

using namespace moat;
namespace match = llvm::PatternMatch;

namespace {
/// Cuts a value to its low bits, and extends these.
struct Extension {
  llvm::Instruction *result;
  unsigned bits; ///< what is kept
  bool isSigned;
};
} // namespace

/// What \p user does to \p value, if it is an extension of its low bits.
static std::optional<Extension> extensionBy(llvm::Value *value,
                                            llvm::User *user) {
  const llvm::APInt *mask, *up, *down;
  if (match::match(
          user, match::m_And(match::m_Specific(value), match::m_APInt(mask))) &&
      mask->isMask())
    return Extension{llvm::cast<llvm::Instruction>(user),
                     mask->countTrailingOnes(), false};
  if (match::match(
          user, match::m_Shl(match::m_Specific(value), match::m_APInt(up))) &&
      user->hasOneUse() &&
      match::match(*user->user_begin(), match::m_AShr(match::m_Specific(user),
                                                      match::m_APInt(down))) &&
      *up == *down && up->ult(value->getType()->getIntegerBitWidth()))
    return Extension{
        llvm::cast<llvm::Instruction>(*user->user_begin()),
        static_cast<unsigned>(value->getType()->getIntegerBitWidth() -
                              up->getZExtValue()),
        true};
  return std::nullopt;
}

/// Whether \p value is its low \p bits, extended.
static bool isExtended(const llvm::Value *value, unsigned bits, bool isSigned,
                       const llvm::DataLayout &layout, unsigned depth = 0) {
  constexpr unsigned maxDepth = 10;
  auto areExtended = [&](unsigned one, unsigned other) {
    auto *user = llvm::cast<llvm::User>(value);
    return depth < maxDepth &&
           isExtended(user->getOperand(one), bits, isSigned, layout,
                      depth + 1) &&
           isExtended(user->getOperand(other), bits, isSigned, layout,
                      depth + 1);
  };
  // LLVM does not look at the sign bits of these.
  if (llvm::isa<llvm::MinMaxIntrinsic>(value))
    return areExtended(0, 1);
  if (llvm::isa<llvm::SelectInst>(value))
    return areExtended(1, 2);
  unsigned width = value->getType()->getIntegerBitWidth();
  if (isSigned)
    return llvm::ComputeNumSignBits(value, layout) > width - bits;
  return llvm::MaskedValueIsZero(
      value, llvm::APInt::getHighBitsSet(width, width - bits), layout);
}

/// A phi of fewer than 32 bits, such as the largest of 16-bit numbers, is
/// extended at the top of every turn, though what the turn leaves is extended
/// already: only what it begins with need not be. So the first of the copies
/// has an operation more than the others. Here it is done in front of the loop.
static bool extendInFront(llvm::Loop &loop) {
  llvm::BasicBlock *before = loop.getLoopPreheader(), *body = loop.getHeader();
  if (loop.getNumBlocks() != 1 || !before)
    return false;
  bool isChanged = false;
  const llvm::DataLayout &layout = body->getDataLayout();
  for (llvm::PHINode &phi : body->phis()) {
    if (!phi.getType()->isIntegerTy() || phi.use_empty())
      continue;
    SmallVector<Extension, 2> extensions;
    bool isAlike = llvm::all_of(phi.users(), [&](llvm::User *user) {
      std::optional<Extension> found = extensionBy(&phi, user);
      if (!found || found->result->getParent() != body)
        return false;
      extensions.push_back(*found);
      return found->bits == extensions[0].bits &&
             found->isSigned == extensions[0].isSigned;
    });
    if (!isAlike)
      continue;
    auto [result, bits, isSigned] = extensions[0];
    if (!isExtended(phi.getIncomingValueForBlock(body), bits, isSigned, layout))
      continue;
    llvm::IRBuilder<> b(before->getTerminator());
    llvm::Value *start =
        b.CreateTrunc(phi.getIncomingValueForBlock(before), b.getIntNTy(bits));
    phi.setIncomingValueForBlock(
        before, b.CreateIntCast(start, phi.getType(), isSigned));
    for (const Extension &extension : extensions) {
      extension.result->replaceAllUsesWith(&phi);
      llvm::RecursivelyDeleteTriviallyDeadInstructions(extension.result);
    }
    isChanged = true;
  }
  return isChanged;
}

/// Writes x ^ -12, where x is a multiple of 16, as the -12 - x that it is: the
/// offset of a copy that goes downwards. There is no borrow from the bits that
/// x does not have.
static bool writeDifferences(llvm::Loop &loop,
                             llvm::ScalarEvolution &evolution) {
  if (!loop.isInnermost())
    return false;
  SmallVector<llvm::BinaryOperator *, 4> differences;
  for (llvm::BasicBlock *block : loop.blocks())
    for (llvm::Instruction &it : *block) {
      llvm::Value *value;
      const llvm::APInt *mask;
      if (match::match(
              &it, match::m_Xor(match::m_Value(value), match::m_APInt(mask))) &&
          it.getType()->isIntegerTy() && mask->isNegative() &&
          evolution.getMinTrailingZeros(evolution.getSCEV(value)) >=
              (~*mask).getActiveBits())
        differences.push_back(llvm::cast<llvm::BinaryOperator>(&it));
    }
  for (llvm::BinaryOperator *it : differences) {
    llvm::Value *difference =
        llvm::IRBuilder<>(it).CreateSub(it->getOperand(1), it->getOperand(0));
    evolution.forgetValue(it);
    it->replaceAllUsesWith(difference);
    it->eraseFromParent();
  }
  return !differences.empty();
}

bool moat::writeAlike(llvm::Loop &loop, llvm::ScalarEvolution &evolution) {
  bool isChanged = writeDifferences(loop, evolution);
  isChanged |= extendInFront(loop);
  if (isChanged)
    evolution.forgetLoop(&loop);
  return isChanged;
}
