// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// `i32.trunc_sat_f32_s` and the others are what a C compiler makes of `(int)x`.
// In a loop that becomes vectors they are llvm.fptosi.sat or fptoui.sat of a
// vector. Here they become the ordinary conversion, whose lanes are poison
// where the number does not fit, and a selection of another value for each such
// lane: the limit that was passed, or 0 for a NaN. A lane that is not selected
// may be poison.
//
// The limits are powers of two, so exact in every type of floating point. With
// n bits the signed conversion fits from -2^(n-1) up to, not including,
// 2^(n-1); what lies between -2^(n-1) - 1 and -2^(n-1) would fit as well, but
// is the lower limit either way. The unsigned one fits above -1 and below 2^n.

#include "Optimize/Saturate.h"
#include "LLVM.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include <cmath>

using namespace moat;

static llvm::Value *convert(llvm::IntrinsicInst &call) {
  bool isSigned = call.getIntrinsicID() == llvm::Intrinsic::fptosi_sat;
  llvm::IRBuilder<> b(&call);
  llvm::Value *number = call.getArgOperand(0);
  llvm::Type *to = call.getType(), *from = number->getType();
  int bits = static_cast<int>(to->getScalarSizeInBits());
  llvm::Constant *end =
      llvm::ConstantFP::get(from, std::ldexp(1.0, isSigned ? bits - 1 : bits));
  llvm::Constant *least =
      llvm::ConstantInt::get(to, isSigned ? llvm::APInt::getSignedMinValue(bits)
                                          : llvm::APInt::getZero(bits));
  llvm::Constant *most =
      llvm::ConstantInt::get(to, isSigned ? llvm::APInt::getSignedMaxValue(bits)
                                          : llvm::APInt::getMaxValue(bits));

  llvm::Value *result =
      isSigned ? b.CreateFPToSI(number, to) : b.CreateFPToUI(number, to);
  result = b.CreateSelect(b.CreateFCmpOGE(number, end), most, result);
  if (!isSigned) // neither is a NaN above -1
    return b.CreateSelect(
        b.CreateFCmpOGT(number, llvm::ConstantFP::get(from, -1.0)), result,
        least);
  llvm::Constant *first =
      llvm::ConstantFP::get(from, -std::ldexp(1.0, bits - 1));
  result = b.CreateSelect(b.CreateFCmpOGE(number, first), result, least);
  return b.CreateSelect(b.CreateFCmpORD(number, number), result,
                        llvm::Constant::getNullValue(to));
}

llvm::PreservedAnalyses SaturatePass::run(llvm::Function &function,
                                          llvm::FunctionAnalysisManager &) {
  SmallVector<llvm::IntrinsicInst *, 4> calls;
  for (llvm::Instruction &instruction : llvm::instructions(function)) {
    auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
    if (!call || !llvm::isa<llvm::FixedVectorType>(call->getType()))
      continue;
    llvm::Intrinsic::ID id = call->getIntrinsicID();
    llvm::Type *lane = call->getArgOperand(0)->getType()->getScalarType();
    if ((id == llvm::Intrinsic::fptosi_sat ||
         id == llvm::Intrinsic::fptoui_sat) &&
        (lane->isFloatTy() || lane->isDoubleTy()))
      calls.push_back(call);
  }
  if (calls.empty())
    return llvm::PreservedAnalyses::all();
  for (llvm::IntrinsicInst *call : calls) {
    call->replaceAllUsesWith(convert(*call));
    call->eraseFromParent();
  }
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  return preserved;
}
