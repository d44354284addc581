// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Arithmetic, comparisons and conversions of vectors, lane by lane
// (Core 3.0, 4.3.7). What Numeric.cpp says of NaNs holds for each lane.

#include "Lower/FunctionLowering.h"
#include "llvm/Analysis/VectorUtils.h"
#include "llvm/IR/IntrinsicsAArch64.h"
#include "llvm/IR/IntrinsicsX86.h"

using namespace moat;
using llvm::CmpInst;
using Op = llvm::Instruction::BinaryOps;
namespace Intrinsic = llvm::Intrinsic;

void FunctionLowering::compareLanes(Shape shape, CmpInst::Predicate predicate) {
  llvm::Value *right = popLanes(shape), *left = popLanes(shape);
  pushLanes(maskOf(b.CreateCmp(predicate, left, right), shape));
}

/// One count for all lanes, taken modulo their width.
void FunctionLowering::shiftLanes(Shape shape, Op op) {
  llvm::FixedVectorType *type = lanesOf(shape);
  llvm::Value *count = b.CreateAnd(pop(), type->getScalarSizeInBits() - 1);
  llvm::Value *value = popLanes(shape);
  count =
      b.CreateVectorSplat(type->getNumElements(),
                          b.CreateZExtOrTrunc(count, type->getElementType()));
  pushLanes(b.CreateBinOp(op, value, count));
}

void FunctionLowering::negateLanes(Shape shape) {
  pushLanes(b.CreateNeg(popLanes(shape)));
}

void FunctionLowering::absoluteLanes(Shape shape) {
  pushLanes(
      b.CreateBinaryIntrinsic(Intrinsic::abs, popLanes(shape), b.getFalse()));
}

/// (a + b + 1) / 2 without the carry: LLVM knows it by this form.
void FunctionLowering::average(Shape shape) {
  llvm::Value *right = popLanes(shape), *left = popLanes(shape);
  llvm::Value *half = b.CreateLShr(b.CreateXor(left, right), 1);
  pushLanes(b.CreateSub(b.CreateOr(left, right), half));
}

/// pmin is `b < a ? b : a`, pmax `a < b ? b : a`: NaNs as they come.
void FunctionLowering::pseudoMinMax(Shape shape, bool isMin) {
  llvm::Value *right = popLanes(shape), *left = popLanes(shape);
  llvm::Value *takesRight =
      isMin ? b.CreateFCmpOLT(right, left) : b.CreateFCmpOLT(left, right);
  pushLanes(b.CreateSelect(takesRight, right, left));
}

/// minimum and maximum of IEEE 754-2019, and a NaN is quiet. A literal is not a
/// NaN, and seldom 0: then LLVM's own form is short. Else: minps takes its
/// second operand if either is a NaN or both are zeros, so of both orders the
/// bits together have the right sign.
llvm::Value *FunctionLowering::minMax(Shape shape, llvm::Value *left,
                                      llvm::Value *right, bool isMin) {
  llvm::Type *type = lanesOf(shape);
  bool isLiteral =
      llvm::isa<llvm::Constant>(left) || llvm::isa<llvm::Constant>(right);
  if (!m.vectors.isX86 || isLiteral)
    return quieted(b.CreateBinaryIntrinsic(
        isMin ? Intrinsic::minimum : Intrinsic::maximum, left, right));
  llvm::Value *result;
  if (m.vectors.hasAvx512) {
    auto id = shape == F32x4 ? Intrinsic::x86_avx512_mask_range_ps_128
                             : Intrinsic::x86_avx512_mask_range_pd_128;
    uint32_t operation =
        isMin ? 0b0100 : 0b0101; // with the sign of the comparison
    result =
        b.CreateIntrinsic(id, {left, right, b.getInt32(operation),
                               llvm::PoisonValue::get(type), b.getInt8(0xFF)});
  } else {
    auto ordered = [&](llvm::Value *first, llvm::Value *second) {
      llvm::Value *takesFirst = isMin ? b.CreateFCmpOLT(first, second)
                                      : b.CreateFCmpOGT(first, second);
      return b.CreateBitCast(b.CreateSelect(takesFirst, first, second),
                             llvm::VectorType::getInteger(lanesOf(shape)));
    };
    llvm::Value *one = ordered(left, right), *other = ordered(right, left);
    result = isMin ? b.CreateOr(one, other) : b.CreateAnd(one, other);
    result = b.CreateBitCast(result, type);
  }
  return b.CreateSelect(b.CreateFCmpUNO(left, right),
                        llvm::ConstantFP::getQNaN(type), result);
}

void FunctionLowering::minMax(Shape shape, bool isMin) {
  llvm::Value *right = popLanes(shape), *left = popLanes(shape);
  pushLanes(minMax(shape, left, right, isMin));
}

// Lanes that become wider or narrower.

llvm::Value *FunctionLowering::extend(llvm::Value *value, bool isSigned) {
  auto *type = llvm::VectorType::getExtendedElementVectorType(
      llvm::cast<llvm::VectorType>(value->getType()));
  return isSigned ? b.CreateSExt(value, type) : b.CreateZExt(value, type);
}

llvm::Value *FunctionLowering::extendHalf(llvm::Value *value, bool isHigh,
                                          bool isSigned) {
  unsigned half =
      llvm::cast<llvm::FixedVectorType>(value->getType())->getNumElements() / 2;
  auto mask = llvm::createSequentialMask(isHigh ? half : 0, half, 0);
  return extend(b.CreateShuffleVector(value, mask), isSigned);
}

void FunctionLowering::extendLanes(Shape from, bool isHigh, bool isSigned) {
  pushLanes(extendHalf(popLanes(from), isHigh, isSigned));
}

void FunctionLowering::multiplyExtended(Shape from, bool isHigh,
                                        bool isSigned) {
  llvm::Value *right = extendHalf(popLanes(from), isHigh, isSigned);
  llvm::Value *left = extendHalf(popLanes(from), isHigh, isSigned);
  pushLanes(b.CreateMul(left, right));
}

/// The sums of neighbours, as lanes of twice the width.
llvm::Value *FunctionLowering::addPairs(llvm::Value *value, bool isSigned) {
  auto *from = llvm::cast<llvm::FixedVectorType>(value->getType());
  bool isBytes = from->getElementType() == m.i8;
  llvm::FixedVectorType *to = lanesOf(isBytes ? I16x8 : I32x4);
  llvm::Value *ones = llvm::ConstantInt::get(from, 1);
  if (isBytes &&
      m.vectors.hasSsse3) // of the first operand's lanes the signs do not count
    return b.CreateIntrinsic(Intrinsic::x86_ssse3_pmadd_ub_sw_128,
                             isSigned ? ArrayRef<llvm::Value *>{ones, value}
                                      : ArrayRef<llvm::Value *>{value, ones});
  if (!isBytes && isSigned && m.vectors.isX86)
    return b.CreateIntrinsic(Intrinsic::x86_sse2_pmadd_wd, {value, ones});
  if (m.vectors.isAArch64)
    return b.CreateIntrinsic(isSigned ? Intrinsic::aarch64_neon_saddlp
                                      : Intrinsic::aarch64_neon_uaddlp,
                             {to, from}, {value});
  llvm::Value *pairs = b.CreateBitCast(value, to);
  uint64_t width = from->getScalarSizeInBits();
  if (!isSigned) {
    uint64_t low = (uint64_t(1) << width) - 1;
    return b.CreateAdd(b.CreateAnd(pairs, low), b.CreateLShr(pairs, width));
  }
  llvm::Value *even = b.CreateAShr(b.CreateShl(pairs, width), width);
  return b.CreateAdd(even, b.CreateAShr(pairs, width));
}

void FunctionLowering::addPairs(Shape from, bool isSigned) {
  pushLanes(addPairs(popLanes(from), isSigned));
}

/// The lanes of two vectors, saturated to half the width; the operands are
/// signed.
void FunctionLowering::narrow(Shape from, bool isSigned) {
  llvm::Value *right = popLanes(from), *left = popLanes(from);
  unsigned width = lanesOf(from)->getScalarSizeInBits() / 2;
  if (m.vectors.hasSse41) {
    auto id = from == I16x8 ? isSigned ? Intrinsic::x86_sse2_packsswb_128
                                       : Intrinsic::x86_sse2_packuswb_128
              : isSigned    ? Intrinsic::x86_sse2_packssdw_128
                            : Intrinsic::x86_sse41_packusdw;
    return pushLanes(b.CreateIntrinsic(id, {left, right}));
  }
  using llvm::APInt;
  APInt low = isSigned ? APInt::getSignedMinValue(width).sext(2 * width)
                       : APInt(2 * width, 0);
  APInt high = isSigned ? APInt::getSignedMaxValue(width).sext(2 * width)
                        : APInt::getMaxValue(width).zext(2 * width);
  llvm::Value *both = llvm::concatenateVectors(b, {left, right});
  auto limit = [&](const APInt &value) {
    return llvm::ConstantInt::get(both->getType(), value);
  };
  both = b.CreateBinaryIntrinsic(Intrinsic::smax, both, limit(low));
  both = b.CreateBinaryIntrinsic(Intrinsic::smin, both, limit(high));
  pushLanes(b.CreateTrunc(both, lanesOf(from == I16x8 ? I8x16 : I16x8)));
}

llvm::Value *FunctionLowering::dot(llvm::Value *left, llvm::Value *right) {
  if (m.vectors.isX86)
    return b.CreateIntrinsic(Intrinsic::x86_sse2_pmadd_wd, {left, right});
  llvm::Value *products = b.CreateMul(extend(left, true), extend(right, true));
  return b.CreateAdd(
      b.CreateShuffleVector(products, llvm::createStrideMask(0, 2, 4)),
      b.CreateShuffleVector(products, llvm::createStrideMask(1, 2, 4)));
}

void FunctionLowering::lowerI32x4DotI16x8S(const Instruction &) {
  llvm::Value *right = popLanes(I16x8), *left = popLanes(I16x8);
  pushLanes(dot(left, right));
}

/// (a * b + 0x4000) >> 15: only the square of the minimum does not fit.
void FunctionLowering::q15multiply(bool isSaturating) {
  llvm::Value *right = popLanes(I16x8), *left = popLanes(I16x8);
  llvm::FixedVectorType *type = lanesOf(I16x8);
  if (m.vectors.isAArch64)
    return pushLanes(b.CreateIntrinsic(Intrinsic::aarch64_neon_sqrdmulh, {type},
                                       {left, right}));
  if (m.vectors.hasSsse3) {
    llvm::Value *product =
        b.CreateIntrinsic(Intrinsic::x86_ssse3_pmul_hr_sw_128, {left, right});
    llvm::Value *isOver =
        b.CreateICmpEQ(product, llvm::ConstantInt::get(type, 0x8000));
    return pushLanes(isSaturating ? b.CreateXor(product, maskOf(isOver, I16x8))
                                  : product);
  }
  llvm::Value *product = b.CreateMul(extend(left, true), extend(right, true));
  auto number = [&](uint64_t value) {
    return llvm::ConstantInt::get(product->getType(), value);
  };
  product = b.CreateAShr(b.CreateAdd(product, number(0x4000)), number(15));
  product = b.CreateBinaryIntrinsic(Intrinsic::smin, product, number(0x7FFF));
  pushLanes(b.CreateTrunc(product, type));
}

// Conversions.

llvm::Value *FunctionLowering::lowHalf(llvm::Value *value) {
  return b.CreateShuffleVector(value, {0, 1});
}

llvm::Value *FunctionLowering::withZeros(llvm::Value *half) {
  return b.CreateShuffleVector(
      half, llvm::Constant::getNullValue(half->getType()), {0, 1, 2, 3});
}

/// cvttps2dq makes 0x80000000 of what does not fit: right for what is too
/// small; what is too large needs its bits inverted, and NaN the value 0.
llvm::Value *FunctionLowering::truncateF32S(llvm::Value *value) {
  llvm::FixedVectorType *to = lanesOf(I32x4);
  if (!m.vectors.isX86)
    return b.CreateIntrinsic(Intrinsic::fptosi_sat, {to, value->getType()},
                             {value});
  llvm::Value *zero = llvm::Constant::getNullValue(value->getType());
  llvm::Value *limit = llvm::ConstantFP::get(value->getType(), 0x1p31);
  llvm::Value *isOver = b.CreateFCmpOGE(value, limit);
  llvm::Value *number =
      b.CreateSelect(b.CreateFCmpORD(value, value), value, zero);
  llvm::Value *result =
      b.CreateIntrinsic(Intrinsic::x86_sse2_cvttps2dq, {number});
  return b.CreateXor(result, maskOf(isOver, I32x4));
}

/// Without an instruction for it: what reaches past 2^31 is converted on its
/// own and added.
llvm::Value *FunctionLowering::truncateF32U(llvm::Value *value) {
  llvm::FixedVectorType *to = lanesOf(I32x4);
  llvm::Type *from = value->getType();
  if (!m.vectors.isX86)
    return b.CreateIntrinsic(Intrinsic::fptoui_sat, {to, from}, {value});
  llvm::Value *zero = llvm::Constant::getNullValue(from);
  value = b.CreateSelect(b.CreateFCmpOGT(value, zero), value, zero);
  if (m.vectors.hasAvx512)
    return b.CreateIntrinsic(
        Intrinsic::x86_avx512_mask_cvttps2udq_128,
        {value, llvm::PoisonValue::get(to), b.getInt8(0xFF)});
  llvm::Value *limit = llvm::ConstantFP::get(from, 0x1p31);
  llvm::Value *excess = b.CreateFSub(value, limit);
  llvm::Value *isOver = b.CreateFCmpOLE(limit, excess);
  llvm::Value *rest =
      b.CreateIntrinsic(Intrinsic::x86_sse2_cvttps2dq, {excess});
  rest = b.CreateXor(rest, maskOf(isOver, I32x4));
  rest = b.CreateBinaryIntrinsic(Intrinsic::smax, rest,
                                 llvm::Constant::getNullValue(to));
  return b.CreateAdd(b.CreateIntrinsic(Intrinsic::x86_sse2_cvttps2dq, {value}),
                     rest);
}

/// Two lanes, and zeros. The upper limit is a double: min with it, or with 0 if
/// NaN.
llvm::Value *FunctionLowering::truncateF64S(llvm::Value *value) {
  llvm::Type *from = value->getType();
  if (!m.vectors.isX86)
    return withZeros(b.CreateIntrinsic(
        Intrinsic::fptosi_sat, {llvm::FixedVectorType::get(m.i32, 2), from},
        {value}));
  llvm::Value *limit = b.CreateSelect(b.CreateFCmpORD(value, value),
                                      llvm::ConstantFP::get(from, 2147483647.0),
                                      llvm::Constant::getNullValue(from));
  value = b.CreateSelect(b.CreateFCmpOLT(value, limit), value, limit);
  return b.CreateIntrinsic(Intrinsic::x86_sse2_cvttpd2dq, {value});
}

/// The integral part, added to 2^52, stands in the low bits of the sum.
llvm::Value *FunctionLowering::truncateF64U(llvm::Value *value) {
  llvm::Type *from = value->getType();
  llvm::Value *zero = llvm::Constant::getNullValue(from);
  if (!m.vectors.isX86)
    return withZeros(b.CreateIntrinsic(
        Intrinsic::fptoui_sat, {llvm::FixedVectorType::get(m.i32, 2), from},
        {value}));
  value = b.CreateSelect(b.CreateFCmpOGT(value, zero), value, zero);
  if (m.vectors.hasAvx512)
    return b.CreateIntrinsic(
        Intrinsic::x86_avx512_mask_cvttpd2udq_128,
        {value, llvm::Constant::getNullValue(lanesOf(I32x4)), b.getInt8(0xFF)});
  llvm::Value *limit = llvm::ConstantFP::get(from, 4294967295.0);
  value = b.CreateSelect(b.CreateFCmpOLT(value, limit), value, limit);
  value = b.CreateUnaryIntrinsic(Intrinsic::trunc, value);
  value = b.CreateFAdd(value, llvm::ConstantFP::get(from, 0x1p52));
  return b.CreateShuffleVector(b.CreateBitCast(value, lanesOf(I32x4)),
                               llvm::Constant::getNullValue(lanesOf(I32x4)),
                               {0, 2, 4, 4});
}

/// LLVM folds demote(promote(x)) to x, which would leave a signaling NaN
/// signaling.
void FunctionLowering::lowerF32x4DemoteF64x2Zero(const Instruction &) {
  llvm::Value *value = popLanes(F64x2);
  bool mayFold = llvm::isa<llvm::FPExtInst>(value);
  llvm::Value *result = withZeros(
      b.CreateFPTrunc(value, llvm::FixedVectorType::get(b.getFloatTy(), 2)));
  pushLanes(mayFold || m.options.strictFloat ? quieted(result) : result);
}

void FunctionLowering::lowerF64x2PromoteLowF32x4(const Instruction &) {
  llvm::Value *result = b.CreateFPExt(lowHalf(popLanes(F32x4)), lanesOf(F64x2));
  pushLanes(m.options.strictFloat ? quieted(result) : result);
}

#define LOWER(name, ...)                                                       \
  void FunctionLowering::lower##name(const Instruction &) { __VA_ARGS__; }

LOWER(I32x4TruncSatF32x4S, pushLanes(truncateF32S(popLanes(F32x4))))
LOWER(I32x4TruncSatF32x4U, pushLanes(truncateF32U(popLanes(F32x4))))
LOWER(I32x4TruncSatF64x2SZero, pushLanes(truncateF64S(popLanes(F64x2))))
LOWER(I32x4TruncSatF64x2UZero, pushLanes(truncateF64U(popLanes(F64x2))))
LOWER(F32x4ConvertI32x4S,
      pushLanes(b.CreateSIToFP(popLanes(I32x4), lanesOf(F32x4))))
LOWER(F32x4ConvertI32x4U,
      pushLanes(b.CreateUIToFP(popLanes(I32x4), lanesOf(F32x4))))
LOWER(F64x2ConvertLowI32x4S,
      pushLanes(b.CreateSIToFP(lowHalf(popLanes(I32x4)), lanesOf(F64x2))))
LOWER(F64x2ConvertLowI32x4U,
      pushLanes(b.CreateUIToFP(lowHalf(popLanes(I32x4)), lanesOf(F64x2))))

// What a scalar instruction does, for each lane.
#define LOWER_LANES(shape, name, count, ...)                                   \
  LOWER(shape##name, viewTop(shape, count); __VA_ARGS__; pushLanes(pop()))
#define LOWER_INT8_16(name, ...)                                               \
  LOWER_LANES(I8x16, name, 2, __VA_ARGS__)                                     \
  LOWER_LANES(I16x8, name, 2, __VA_ARGS__)
#define LOWER_INT8_32(name, ...)                                               \
  LOWER_INT8_16(name, __VA_ARGS__) LOWER_LANES(I32x4, name, 2, __VA_ARGS__)
#define LOWER_INT(name, ...)                                                   \
  LOWER_INT8_32(name, __VA_ARGS__) LOWER_LANES(I64x2, name, 2, __VA_ARGS__)
#define LOWER_FLOAT(name, count, ...)                                          \
  LOWER_LANES(F32x4, name, count, __VA_ARGS__)                                 \
  LOWER_LANES(F64x2, name, count, __VA_ARGS__)

LOWER_INT(Add, binary(Op::Add))
LOWER_INT(Sub, binary(Op::Sub))
LOWER_LANES(I16x8, Mul, 2, binary(Op::Mul))
LOWER_LANES(I32x4, Mul, 2, binary(Op::Mul))
LOWER_LANES(I64x2, Mul, 2, binary(Op::Mul))
LOWER_INT8_16(AddSatS, binaryIntrinsic(Intrinsic::sadd_sat))
LOWER_INT8_16(AddSatU, binaryIntrinsic(Intrinsic::uadd_sat))
LOWER_INT8_16(SubSatS, binaryIntrinsic(Intrinsic::ssub_sat))
LOWER_INT8_16(SubSatU, binaryIntrinsic(Intrinsic::usub_sat))
LOWER_INT8_32(MinS, binaryIntrinsic(Intrinsic::smin))
LOWER_INT8_32(MinU, binaryIntrinsic(Intrinsic::umin))
LOWER_INT8_32(MaxS, binaryIntrinsic(Intrinsic::smax))
LOWER_INT8_32(MaxU, binaryIntrinsic(Intrinsic::umax))
LOWER_LANES(I8x16, Popcnt, 1, intrinsic(Intrinsic::ctpop))

LOWER_FLOAT(Abs, 1, intrinsic(Intrinsic::fabs))
LOWER_FLOAT(Neg, 1, push(b.CreateFNeg(pop())))
LOWER_FLOAT(Ceil, 1, intrinsic(Intrinsic::ceil))
LOWER_FLOAT(Floor, 1, intrinsic(Intrinsic::floor))
LOWER_FLOAT(Trunc, 1, intrinsic(Intrinsic::trunc))
LOWER_FLOAT(Nearest, 1, intrinsic(Intrinsic::roundeven))
LOWER_FLOAT(Sqrt, 1, intrinsic(Intrinsic::sqrt))
LOWER_FLOAT(Add, 2, floatBinary(Op::FAdd))
LOWER_FLOAT(Sub, 2, floatBinary(Op::FSub))
LOWER_FLOAT(Mul, 2, floatBinary(Op::FMul))
LOWER_FLOAT(Div, 2, floatBinary(Op::FDiv))

// What is special to vectors, by shape.
#define LOWER_SHAPE(shape, name, function, ...)                                \
  LOWER(shape##name, function(shape __VA_OPT__(, ) __VA_ARGS__))
#define LOWER_SHAPES(name, ...)                                                \
  LOWER_SHAPE(I8x16, name, __VA_ARGS__)                                        \
  LOWER_SHAPE(I16x8, name, __VA_ARGS__)                                        \
  LOWER_SHAPE(I32x4, name, __VA_ARGS__)                                        \
  LOWER_SHAPE(I64x2, name, __VA_ARGS__)
#define LOWER_SMALL_SHAPES(name, ...)                                          \
  LOWER_SHAPE(I8x16, name, __VA_ARGS__)                                        \
  LOWER_SHAPE(I16x8, name, __VA_ARGS__)                                        \
  LOWER_SHAPE(I32x4, name, __VA_ARGS__)
#define LOWER_FLOAT_SHAPES(name, ...)                                          \
  LOWER_SHAPE(F32x4, name, __VA_ARGS__) LOWER_SHAPE(F64x2, name, __VA_ARGS__)

LOWER_SHAPES(Abs, absoluteLanes)
LOWER_SHAPES(Neg, negateLanes)
LOWER_SHAPES(Shl, shiftLanes, Op::Shl)
LOWER_SHAPES(ShrS, shiftLanes, Op::AShr)
LOWER_SHAPES(ShrU, shiftLanes, Op::LShr)
LOWER_SHAPES(Eq, compareLanes, CmpInst::ICMP_EQ)
LOWER_SHAPES(Ne, compareLanes, CmpInst::ICMP_NE)
LOWER_SHAPES(LtS, compareLanes, CmpInst::ICMP_SLT)
LOWER_SHAPES(GtS, compareLanes, CmpInst::ICMP_SGT)
LOWER_SHAPES(LeS, compareLanes, CmpInst::ICMP_SLE)
LOWER_SHAPES(GeS, compareLanes, CmpInst::ICMP_SGE)
LOWER_SMALL_SHAPES(LtU, compareLanes, CmpInst::ICMP_ULT)
LOWER_SMALL_SHAPES(GtU, compareLanes, CmpInst::ICMP_UGT)
LOWER_SMALL_SHAPES(LeU, compareLanes, CmpInst::ICMP_ULE)
LOWER_SMALL_SHAPES(GeU, compareLanes, CmpInst::ICMP_UGE)
LOWER_FLOAT_SHAPES(Eq, compareLanes, CmpInst::FCMP_OEQ)
LOWER_FLOAT_SHAPES(Ne, compareLanes, CmpInst::FCMP_UNE)
LOWER_FLOAT_SHAPES(Lt, compareLanes, CmpInst::FCMP_OLT)
LOWER_FLOAT_SHAPES(Gt, compareLanes, CmpInst::FCMP_OGT)
LOWER_FLOAT_SHAPES(Le, compareLanes, CmpInst::FCMP_OLE)
LOWER_FLOAT_SHAPES(Ge, compareLanes, CmpInst::FCMP_OGE)
LOWER_FLOAT_SHAPES(Min, minMax, true)
LOWER_FLOAT_SHAPES(Max, minMax, false)
LOWER_FLOAT_SHAPES(Pmin, pseudoMinMax, true)
LOWER_FLOAT_SHAPES(Pmax, pseudoMinMax, false)
LOWER_SHAPE(I8x16, AvgrU, average)
LOWER_SHAPE(I16x8, AvgrU, average)
LOWER(I16x8Q15mulrSatS, q15multiply(true))

LOWER(I8x16NarrowI16x8S, narrow(I16x8, true))
LOWER(I8x16NarrowI16x8U, narrow(I16x8, false))
LOWER(I16x8NarrowI32x4S, narrow(I32x4, true))
LOWER(I16x8NarrowI32x4U, narrow(I32x4, false))
LOWER(I16x8ExtaddPairwiseI8x16S, addPairs(I8x16, true))
LOWER(I16x8ExtaddPairwiseI8x16U, addPairs(I8x16, false))
LOWER(I32x4ExtaddPairwiseI16x8S, addPairs(I16x8, true))
LOWER(I32x4ExtaddPairwiseI16x8U, addPairs(I16x8, false))

#define LOWER_HALVES(to, name, from, function)                                 \
  LOWER(to##name##Low##from##S, function(from, false, true))                   \
  LOWER(to##name##High##from##S, function(from, true, true))                   \
  LOWER(to##name##Low##from##U, function(from, false, false))                  \
  LOWER(to##name##High##from##U, function(from, true, false))

LOWER_HALVES(I16x8, Extend, I8x16, extendLanes)
LOWER_HALVES(I32x4, Extend, I16x8, extendLanes)
LOWER_HALVES(I64x2, Extend, I32x4, extendLanes)
LOWER_HALVES(I16x8, Extmul, I8x16, multiplyExtended)
LOWER_HALVES(I32x4, Extmul, I16x8, multiplyExtended)
LOWER_HALVES(I64x2, Extmul, I32x4, multiplyExtended)
