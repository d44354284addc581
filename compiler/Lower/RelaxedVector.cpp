// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Relaxed vector instructions (Core 3.0, 4.3.8 Relaxed Operations): what they
// return at the edges is the implementation's choice, one for all uses of an
// operator. Ours is what the processor that is compiled for does fastest; in
// the deterministic profile it is the specification's first (A.7.5
// Deterministic Profile), which no processor decides.

#include "Lower/FunctionLowering.h"
#include "llvm/IR/IntrinsicsX86.h"

using namespace moat;
using Op = llvm::Instruction::BinaryOps;
namespace Intrinsic = llvm::Intrinsic;

/// pshufb takes indices from 16 to 127 modulo 16.
void FunctionLowering::lowerI8x16RelaxedSwizzle(
    const Instruction &instruction) {
  if (!isRelaxed() || !m.vectors.hasSsse3)
    return lowerI8x16Swizzle(instruction);
  llvm::Value *indices = popLanes(I8x16), *value = popLanes(I8x16);
  pushLanes(
      b.CreateIntrinsic(Intrinsic::x86_ssse3_pshuf_b_128, {value, indices}));
}

/// What does not fit is 0x80000000 if signed, all ones if unsigned, as x86 has
/// it. Without AVX-512, which converts to unsigned numbers, those saturate.
void FunctionLowering::relaxedTruncate(
    Shape from, Intrinsic::ID id, bool isSigned,
    llvm::Value *(FunctionLowering::*saturating)(llvm::Value *)) {
  llvm::Value *value = popLanes(from);
  bool hasInstruction = isSigned ? m.vectors.isX86 : m.vectors.hasAvx512;
  if (!isRelaxed() || !hasInstruction)
    return pushLanes((this->*saturating)(value));
  SmallVector<llvm::Value *, 3> arguments{value};
  if (!isSigned)
    arguments.append(
        {llvm::Constant::getNullValue(lanesOf(I32x4)), b.getInt8(0xFF)});
  pushLanes(b.CreateIntrinsic(id, arguments));
}

/// One rounding where the processor has an instruction for it, else two.
void FunctionLowering::multiplyAdd(Shape shape, bool isNegated) {
  llvm::Value *addend = popLanes(shape), *right = popLanes(shape),
              *left = popLanes(shape);
  if (isNegated)
    left = b.CreateFNeg(left);
  if (isRelaxed() && m.vectors.hasFma)
    return pushLanes(b.CreateIntrinsic(Intrinsic::fma, {lanesOf(shape)},
                                       {left, right, addend}));
  push(left);
  push(right);
  floatBinary(Op::FMul);
  push(addend);
  floatBinary(Op::FAdd);
  pushLanes(pop());
}

/// The top bit of a lane of the mask decides; or each bit for itself, where
/// that is one instruction.
void FunctionLowering::laneSelect(Shape shape) {
  llvm::Value *mask = popLanes(shape), *second = popLanes(shape),
              *first = popLanes(shape);
  if (!isRelaxed() || !m.vectors.isX86 || m.vectors.hasAvx512)
    return pushLanes(bitselect(first, second, mask));
  llvm::Value *isFirst =
      b.CreateICmpSLT(mask, llvm::Constant::getNullValue(mask->getType()));
  pushLanes(b.CreateSelect(isFirst, first, second));
}

/// minps and maxps: the second operand, if either is NaN or both are zero.
void FunctionLowering::relaxedMinMax(Shape shape, bool isMin) {
  llvm::Value *right = popLanes(shape), *left = popLanes(shape);
  if (!isRelaxed() || !m.vectors.isX86)
    return pushLanes(minMax(shape, left, right, isMin));
  llvm::Value *takesLeft =
      isMin ? b.CreateFCmpOLT(left, right) : b.CreateFCmpOGT(left, right);
  pushLanes(b.CreateSelect(takesLeft, left, right));
}

/// Products of neighbours, added and saturated to 16 bits; the right operand
/// has 7 bits. If it has the eighth, pmaddubsw takes it as unsigned, and the
/// profile as signed.
llvm::Value *FunctionLowering::relaxedDot(llvm::Value *left,
                                          llvm::Value *right) {
  if (isRelaxed() && m.vectors.hasSsse3)
    return b.CreateIntrinsic(Intrinsic::x86_ssse3_pmadd_ub_sw_128,
                             {right, left});
  // Only four times 0x80 in one lane are too large: the sum is then 0x8000.
  auto products = [&](bool isOdd) {
    auto factor = [&](llvm::Value *bytes) {
      llvm::Value *pairs = b.CreateBitCast(bytes, lanesOf(I16x8));
      return b.CreateAShr(isOdd ? pairs : b.CreateShl(pairs, 8), 8);
    };
    return b.CreateMul(factor(left), factor(right));
  };
  return b.CreateBinaryIntrinsic(Intrinsic::sadd_sat, products(false),
                                 products(true));
}

void FunctionLowering::lowerI16x8RelaxedDotI8x16I7x16S(const Instruction &) {
  llvm::Value *right = popLanes(I8x16), *left = popLanes(I8x16);
  pushLanes(relaxedDot(left, right));
}

void FunctionLowering::lowerI32x4RelaxedDotI8x16I7x16AddS(const Instruction &) {
  llvm::Value *sum = popLanes(I32x4), *right = popLanes(I8x16),
              *left = popLanes(I8x16);
  pushLanes(b.CreateAdd(addPairs(relaxedDot(left, right), true), sum));
}

#define LOWER(name, ...)                                                       \
  void FunctionLowering::lower##name(const Instruction &) { __VA_ARGS__; }

LOWER(I32x4RelaxedTruncF32x4S,
      relaxedTruncate(F32x4, Intrinsic::x86_sse2_cvttps2dq, true,
                      &FunctionLowering::truncateF32S))
LOWER(I32x4RelaxedTruncF32x4U,
      relaxedTruncate(F32x4, Intrinsic::x86_avx512_mask_cvttps2udq_128, false,
                      &FunctionLowering::truncateF32U))
LOWER(I32x4RelaxedTruncF64x2SZero,
      relaxedTruncate(F64x2, Intrinsic::x86_sse2_cvttpd2dq, true,
                      &FunctionLowering::truncateF64S))
LOWER(I32x4RelaxedTruncF64x2UZero,
      relaxedTruncate(F64x2, Intrinsic::x86_avx512_mask_cvttpd2udq_128, false,
                      &FunctionLowering::truncateF64U))
LOWER(F32x4RelaxedMadd, multiplyAdd(F32x4, false))
LOWER(F32x4RelaxedNmadd, multiplyAdd(F32x4, true))
LOWER(F64x2RelaxedMadd, multiplyAdd(F64x2, false))
LOWER(F64x2RelaxedNmadd, multiplyAdd(F64x2, true))
LOWER(I8x16RelaxedLaneselect, laneSelect(I8x16))
LOWER(I16x8RelaxedLaneselect, laneSelect(I16x8))
LOWER(I32x4RelaxedLaneselect, laneSelect(I32x4))
LOWER(I64x2RelaxedLaneselect, laneSelect(I64x2))
LOWER(F32x4RelaxedMin, relaxedMinMax(F32x4, true))
LOWER(F32x4RelaxedMax, relaxedMinMax(F32x4, false))
LOWER(F64x2RelaxedMin, relaxedMinMax(F64x2, true))
LOWER(F64x2RelaxedMax, relaxedMinMax(F64x2, false))
LOWER(I16x8RelaxedQ15mulrS, q15multiply(!isRelaxed()))
