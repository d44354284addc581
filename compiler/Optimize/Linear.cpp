// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.

#include "Optimize/Linear.h"
#include "Wasm/Access.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Metadata.h"
#include "llvm/IR/Operator.h"
#include "llvm/IR/PatternMatch.h"

using namespace moat;
namespace match = llvm::PatternMatch;

Linear Linear::of(llvm::Value *value) {
  Linear sum(value->getType()->getIntegerBitWidth());
  sum.add(value);
  return sum;
}

Linear Linear::ofCut(llvm::Value *value) {
  Linear sum(value->getType()->getIntegerBitWidth());
  sum.mayLookWider = true;
  sum.add(value);
  return sum;
}

void Linear::add(llvm::Value *value, uint64_t factor, unsigned depth) {
  constexpr unsigned maxDepth = 8;
  if (auto *number = llvm::dyn_cast<llvm::ConstantInt>(value)) {
    constant = cut(constant + factor * number->getZExtValue());
    return;
  }
  llvm::Value *left, *right;
  const llvm::APInt *number;
  if (depth < maxDepth && llvm::isa<llvm::Instruction>(value)) {
    if (match::match(
            value, match::m_Add(match::m_Value(left), match::m_Value(right))) ||
        match::match(value, match::m_DisjointOr(match::m_Value(left),
                                                match::m_Value(right)))) {
      add(left, factor, depth + 1);
      return add(right, factor, depth + 1);
    }
    if (match::match(
            value, match::m_Sub(match::m_Value(left), match::m_Value(right)))) {
      add(left, factor, depth + 1);
      return add(right, cut(0 - factor), depth + 1);
    }
    if (match::match(
            value, match::m_Mul(match::m_Value(left), match::m_APInt(number))))
      return add(left, cut(factor * number->getZExtValue()), depth + 1);
    if (match::match(value, match::m_Shl(match::m_Value(left),
                                         match::m_APInt(number))) &&
        number->ult(bits))
      return add(left, cut(factor << number->getZExtValue()), depth + 1);
    if (mayLookWider &&
        match::match(value, match::m_Trunc(match::m_Value(left))) &&
        left->getType()->getIntegerBitWidth() <= 64)
      return add(left, factor, depth + 1);
  }
  addTerm(value, factor);
}

void Linear::addTerm(llvm::Value *leaf, uint64_t coefficient) {
  auto *known =
      llvm::find_if(terms, [&](Term &term) { return term.leaf == leaf; });
  if (known == terms.end()) {
    if (coefficient != 0)
      terms.push_back({leaf, coefficient});
    return;
  }
  known->coefficient = cut(known->coefficient + coefficient);
  if (known->coefficient == 0)
    terms.erase(known);
}

uint64_t Linear::coefficientOf(const llvm::Value *leaf) const {
  for (const Term &term : terms)
    if (term.leaf == leaf)
      return term.coefficient;
  return 0;
}

bool moat::isGuarded(const llvm::Instruction &access) {
  return isGuarded(access.getMetadata(llvm::LLVMContext::MD_tbaa));
}

bool moat::isGuarded(const llvm::MDNode *tag) {
  auto *type = tag && tag->getNumOperands() != 0
                   ? llvm::dyn_cast<llvm::MDNode>(tag->getOperand(0))
                   : nullptr;
  auto *name = type && type->getNumOperands() != 0
                   ? llvm::dyn_cast<llvm::MDString>(type->getOperand(0))
                   : nullptr;
  return name && name->getString() == guardedMemoryName;
}

LinearAddress LinearAddress::of(llvm::Value *pointer,
                                const llvm::DataLayout &layout) {
  LinearAddress address{pointer};
  while (auto *step = llvm::dyn_cast<llvm::GEPOperator>(address.base)) {
    llvm::SmallMapVector<llvm::Value *, llvm::APInt, 4> variable;
    llvm::APInt fixed(64, 0);
    bool isKnown = step->getPointerOperandIndex() == 0 &&
                   !step->getType()->isVectorTy() &&
                   step->collectOffset(layout, 64, variable, fixed);
    // A narrower index would be extended by its sign.
    isKnown &= llvm::all_of(variable, [](const auto &entry) {
      return entry.first->getType()->isIntegerTy(64);
    });
    if (!isKnown)
      break;
    address.offset.constant += fixed.getZExtValue();
    for (const auto &[index, scale] : variable)
      address.offset.add(index, scale.getZExtValue());
    address.base = step->getPointerOperand();
  }
  return address;
}

llvm::Value *LinearAddress::guestAddress() const {
  llvm::Value *narrow;
  if (offset.terms.size() == 1 && offset.terms[0].coefficient == 1 &&
      match::match(offset.terms[0].leaf,
                   match::m_ZExt(match::m_Value(narrow))) &&
      narrow->getType()->isIntegerTy(32))
    return narrow;
  return nullptr;
}
