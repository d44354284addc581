// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What quiets a NaN is a multiplication by 1 on most processors: four cycles in
// the middle of a chain of arithmetic. `0 + x * x`, which producers write for
// the first term of a sum, is such a place: LLVM folds it to `x * x`, whose
// NaNs are quiet (Core 3.0, 4.3.3 Floating-Point Operations, NaN propagation;
// IEEE 754-2019, 6.2). A lane that is quieted where its neighbour is not also
// keeps the two from becoming a vector.

#include "Optimize/Quiet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace moat;

static bool isQuiet(const llvm::Value *value, unsigned depth);

static bool isQuietCall(const llvm::IntrinsicInst &call, unsigned depth) {
  switch (call.getIntrinsicID()) {
  case llvm::Intrinsic::canonicalize:
  case llvm::Intrinsic::sqrt:
  case llvm::Intrinsic::ceil:
  case llvm::Intrinsic::floor:
  case llvm::Intrinsic::trunc:
  case llvm::Intrinsic::roundeven:
    return true;
  case llvm::Intrinsic::fabs:
  case llvm::Intrinsic::copysign:
    return isQuiet(call.getArgOperand(0), depth);
  case llvm::Intrinsic::minimum:
  case llvm::Intrinsic::maximum:
    return isQuiet(call.getArgOperand(0), depth) &&
           isQuiet(call.getArgOperand(1), depth);
  default:
    return false;
  }
}

/// No lane of \p value can be a signaling NaN.
static bool isQuiet(const llvm::Value *value, unsigned depth) {
  constexpr unsigned maxDepth = 4;
  if (depth++ == maxDepth)
    return false;
  if (auto *constant = llvm::dyn_cast<llvm::Constant>(value)) {
    auto *number = llvm::dyn_cast_or_null<llvm::ConstantFP>(
        constant->getType()->isVectorTy() ? constant->getSplatValue()
                                          : constant);
    return number && !number->getValueAPF().isSignaling();
  }
  auto *instruction = llvm::dyn_cast<llvm::Instruction>(value);
  if (!instruction)
    return false;
  switch (instruction->getOpcode()) {
  case llvm::Instruction::FAdd:
  case llvm::Instruction::FSub:
  case llvm::Instruction::FMul:
  case llvm::Instruction::FDiv:
  case llvm::Instruction::FRem:
  case llvm::Instruction::FPTrunc:
  case llvm::Instruction::FPExt:
  case llvm::Instruction::SIToFP:
  case llvm::Instruction::UIToFP:
    return true;
  case llvm::Instruction::FNeg:
  case llvm::Instruction::ExtractElement:
    return isQuiet(instruction->getOperand(0), depth);
  case llvm::Instruction::Select:
    return isQuiet(instruction->getOperand(1), depth) &&
           isQuiet(instruction->getOperand(2), depth);
  case llvm::Instruction::PHI:
    return llvm::all_of(instruction->operands(), [&](const llvm::Use &use) {
      return isQuiet(use.get(), depth);
    });
  case llvm::Instruction::Call:
    if (auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(instruction))
      return isQuietCall(*call, depth);
    return false;
  default:
    return false;
  }
}

llvm::PreservedAnalyses QuietPass::run(llvm::Function &function,
                                       llvm::FunctionAnalysisManager &) {
  bool changed = false;
  for (llvm::Instruction &instruction :
       llvm::make_early_inc_range(llvm::instructions(function))) {
    auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
    if (!call || call->getIntrinsicID() != llvm::Intrinsic::canonicalize ||
        !isQuiet(call->getArgOperand(0), 0))
      continue;
    call->replaceAllUsesWith(call->getArgOperand(0));
    call->eraseFromParent();
    changed = true;
  }
  if (!changed)
    return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  return preserved;
}
