// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Conversions between number types (Core 3.0, 4.3.4 Conversions).

#include "Lower/FunctionLowering.h"
#include "llvm/IR/Intrinsics.h"

using namespace moat;
using Cast = llvm::Instruction::CastOps;

void FunctionLowering::cast(Cast op, llvm::Type *to) {
  push(b.CreateCast(op, pop(), to));
}

void FunctionLowering::signExtend(llvm::Type *from) {
  llvm::Value *value = pop();
  push(b.CreateSExt(b.CreateTrunc(value, from), value->getType()));
}

namespace {
/// The open interval of floats whose integral part fits the integer type.
struct Bounds {
  llvm::APFloat low, high;
  bool isLowIncluded; ///< the float type cannot express the number before the
                      ///< minimum
};
} // namespace

static Bounds truncationBounds(const llvm::fltSemantics &semantics,
                               unsigned width, bool isSigned) {
  using llvm::APFloat;
  using llvm::APInt;
  APFloat high(semantics), low(semantics);
  APInt limit = APInt::getOneBitSet(width + 1, isSigned ? width - 1 : width);
  high.convertFromAPInt(limit, /*IsSigned=*/false, APFloat::rmTowardZero);
  APInt minimum = isSigned ? -limit.sext(width + 2) : APInt(width + 2, 0);
  auto status = low.convertFromAPInt(minimum - 1, /*IsSigned=*/true,
                                     APFloat::rmTowardZero);
  bool isExact = status == APFloat::opOK;
  if (!isExact)
    low.convertFromAPInt(minimum, /*IsSigned=*/true, APFloat::rmTowardZero);
  return {low, high, !isExact};
}

/// trunc traps where the integral part does not fit; the test of a NaN fails it
/// too and is told apart on the cold path.
void FunctionLowering::truncate(llvm::Type *to, bool isSigned) {
  llvm::Value *value = pop();
  llvm::Type *from = value->getType();
  Bounds bounds = truncationBounds(from->getFltSemantics(),
                                   to->getIntegerBitWidth(), isSigned);
  llvm::Value *low = llvm::ConstantFP::get(from, bounds.low);
  llvm::Value *high = llvm::ConstantFP::get(from, bounds.high);
  llvm::Value *aboveLow = bounds.isLowIncluded ? b.CreateFCmpOGE(value, low)
                                               : b.CreateFCmpOGT(value, low);
  llvm::Value *fits = b.CreateAnd(aboveLow, b.CreateFCmpOLT(value, high));
  m.trapUnless(b, fits, [&] {
    return b.CreateSelect(b.CreateFCmpUNO(value, value),
                          b.getInt32(uint32_t(TrapKind::InvalidConversion)),
                          b.getInt32(uint32_t(TrapKind::IntegerOverflow)));
  });
  push(isSigned ? b.CreateFPToSI(value, to) : b.CreateFPToUI(value, to));
}

void FunctionLowering::truncateSaturating(llvm::Type *to, bool isSigned) {
  llvm::Value *value = pop();
  auto id =
      isSigned ? llvm::Intrinsic::fptosi_sat : llvm::Intrinsic::fptoui_sat;
  push(b.CreateIntrinsic(id, {to, value->getType()}, {value}));
}

#define LOWER(name, ...)                                                       \
  void FunctionLowering::lower##name(const Instruction &) { __VA_ARGS__; }

LOWER(I32WrapI64, cast(Cast::Trunc, m.i32))
LOWER(I64ExtendI32S, cast(Cast::SExt, m.i64))
LOWER(I64ExtendI32U, cast(Cast::ZExt, m.i64))
LOWER(I32Extend8S, signExtend(m.i8))
LOWER(I32Extend16S, signExtend(b.getInt16Ty()))
LOWER(I64Extend8S, signExtend(m.i8))
LOWER(I64Extend16S, signExtend(b.getInt16Ty()))
LOWER(I64Extend32S, signExtend(m.i32))

LOWER(I32TruncF32S, truncate(m.i32, true))
LOWER(I32TruncF32U, truncate(m.i32, false))
LOWER(I32TruncF64S, truncate(m.i32, true))
LOWER(I32TruncF64U, truncate(m.i32, false))
LOWER(I64TruncF32S, truncate(m.i64, true))
LOWER(I64TruncF32U, truncate(m.i64, false))
LOWER(I64TruncF64S, truncate(m.i64, true))
LOWER(I64TruncF64U, truncate(m.i64, false))
LOWER(I32TruncSatF32S, truncateSaturating(m.i32, true))
LOWER(I32TruncSatF32U, truncateSaturating(m.i32, false))
LOWER(I32TruncSatF64S, truncateSaturating(m.i32, true))
LOWER(I32TruncSatF64U, truncateSaturating(m.i32, false))
LOWER(I64TruncSatF32S, truncateSaturating(m.i64, true))
LOWER(I64TruncSatF32U, truncateSaturating(m.i64, false))
LOWER(I64TruncSatF64S, truncateSaturating(m.i64, true))
LOWER(I64TruncSatF64U, truncateSaturating(m.i64, false))

LOWER(F32ConvertI32S, cast(Cast::SIToFP, b.getFloatTy()))
LOWER(F32ConvertI32U, cast(Cast::UIToFP, b.getFloatTy()))
LOWER(F32ConvertI64S, cast(Cast::SIToFP, b.getFloatTy()))
LOWER(F32ConvertI64U, cast(Cast::UIToFP, b.getFloatTy()))
LOWER(F64ConvertI32S, cast(Cast::SIToFP, b.getDoubleTy()))
LOWER(F64ConvertI32U, cast(Cast::UIToFP, b.getDoubleTy()))
LOWER(F64ConvertI64S, cast(Cast::SIToFP, b.getDoubleTy()))
LOWER(F64ConvertI64U, cast(Cast::UIToFP, b.getDoubleTy()))

LOWER(I32ReinterpretF32, cast(Cast::BitCast, m.i32))
LOWER(I64ReinterpretF64, cast(Cast::BitCast, m.i64))
LOWER(F32ReinterpretI32, cast(Cast::BitCast, b.getFloatTy()))
LOWER(F64ReinterpretI64, cast(Cast::BitCast, b.getDoubleTy()))

/// LLVM folds demote(promote(x)) to x, which would leave a signaling NaN
/// signaling.
void FunctionLowering::lowerF32DemoteF64(const Instruction &) {
  llvm::Value *value = pop();
  bool mayFold = llvm::isa<llvm::FPExtInst>(value);
  llvm::Value *result = b.CreateFPTrunc(value, b.getFloatTy());
  push(mayFold || m.options.strictFloat ? quieted(result) : result);
}

void FunctionLowering::lowerF64PromoteF32(const Instruction &) {
  llvm::Value *result = b.CreateFPExt(pop(), b.getDoubleTy());
  push(m.options.strictFloat ? quieted(result) : result);
}
