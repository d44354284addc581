// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Fixed-width vectors (Core 3.0, 4.3.7 and 4.6.2): constants, lanes and bits,
// and how the families Vector and RelaxedVector see a v128. It travels as <16 x
// i8>; an instruction casts it to the lanes it works on, and the casts between
// two instructions cancel. As <2 x i64> it would pull selects of <2 x double>
// through the casts, away from their comparison: then they are no minpd any
// more.
//
// Every instruction is the LLVM operation that it is, so that LLVM can fold and
// combine it. Where LLVM has no such operation, or makes poor code of it, the
// processor's own instruction is asked for, on processors that have it
// (VectorTarget).

#include "Lower/FunctionLowering.h"
#include "llvm/Analysis/ConstantFolding.h"
#include "llvm/Analysis/VectorUtils.h"
#include "llvm/IR/IntrinsicsAArch64.h"
#include "llvm/IR/IntrinsicsX86.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Target/TargetMachine.h"

using namespace moat;
namespace Intrinsic = llvm::Intrinsic;
using Op = llvm::Instruction::BinaryOps;

VectorTarget::VectorTarget(const llvm::TargetMachine &target) {
  llvm::Triple::ArchType arch = target.getTargetTriple().getArch();
  const llvm::MCSubtargetInfo &subtarget = *target.getMCSubtargetInfo();
  isX86 = arch == llvm::Triple::x86_64;
  hasSsse3 = isX86 && subtarget.checkFeatures("+ssse3");
  hasSse41 = isX86 && subtarget.checkFeatures("+sse4.1");
  hasAvx512 = isX86 && subtarget.checkFeatures("+avx512vl,+avx512dq");
  isAArch64 = arch == llvm::Triple::aarch64;
  hasFma = isAArch64 || (isX86 && subtarget.checkFeatures("+fma"));
}

llvm::FixedVectorType *FunctionLowering::lanesOf(Shape shape) const {
  auto lane = [&]() -> llvm::Type * {
    switch (shape) {
    case I8x16:
      return m.i8;
    case I16x8:
      return llvm::Type::getInt16Ty(m.context);
    case I32x4:
      return m.i32;
    case I64x2:
      return m.i64;
    case F32x4:
      return llvm::Type::getFloatTy(m.context);
    case F64x2:
      return llvm::Type::getDoubleTy(m.context);
    }
    llvm_unreachable("covered switch");
  }();
  return llvm::FixedVectorType::get(lane, 128 / lane->getPrimitiveSizeInBits());
}

/// \p value, a vector of 128 bits, as another one. What a cast was made from
/// needs none.
llvm::Value *FunctionLowering::asLanes(llvm::Value *value, llvm::Type *lanes) {
  if (auto *cast = llvm::dyn_cast<llvm::BitCastInst>(value))
    if (cast->getSrcTy() == lanes)
      return cast->getOperand(0);
  if (auto *constant = llvm::dyn_cast<llvm::Constant>(value))
    return llvm::ConstantFoldCastOperand(llvm::Instruction::BitCast, constant,
                                         lanes, m.ir.getDataLayout());
  return b.CreateBitCast(value, lanes);
}

llvm::Value *FunctionLowering::popLanes(Shape shape) {
  return asLanes(pop(), lanesOf(shape));
}

void FunctionLowering::pushLanes(llvm::Value *lanes) {
  push(asLanes(lanes, lanesOf(I8x16)));
}

void FunctionLowering::viewTop(Shape shape, size_t count) {
  for (llvm::Value *&value : llvm::MutableArrayRef(operands).take_back(count))
    value = asLanes(value, lanesOf(shape));
}

/// Lanes of booleans as lanes of all ones or zeros.
llvm::Value *FunctionLowering::maskOf(llvm::Value *condition, Shape shape) {
  return b.CreateSExt(condition, llvm::VectorType::getInteger(lanesOf(shape)));
}

llvm::Constant *
ModuleLowering::vectorConstant(const uint8_t (&bytes)[16]) const {
  return llvm::ConstantDataVector::get(context, ArrayRef(bytes));
}

void FunctionLowering::lowerV128Const(const Instruction &instruction) {
  push(m.vectorConstant(instruction.bytes));
}

// Lanes.

/// A mask of the widest lanes that moves the same bytes: it keeps them whole
/// for LLVM's own folding, which does not look through casts.
static Shape widen(SmallVectorImpl<int> &mask) {
  for (Shape shape : {Shape::I8x16, Shape::I16x8, Shape::I32x4}) {
    SmallVector<int, 16> wider;
    if (!llvm::widenShuffleMaskElts(2, mask, wider))
      return shape;
    mask = wider;
  }
  return Shape::I64x2;
}

void FunctionLowering::lowerI8x16Shuffle(const Instruction &instruction) {
  SmallVector<int, 16> mask(instruction.bytes, instruction.bytes + 16);
  Shape shape = widen(mask);
  llvm::Value *right = popLanes(shape), *left = popLanes(shape);
  pushLanes(b.CreateShuffleVector(left, right, mask));
}

/// An index out of range selects 0.
llvm::Value *FunctionLowering::swizzle(llvm::Value *value,
                                       llvm::Value *indices) {
  llvm::FixedVectorType *type = lanesOf(I8x16);
  llvm::Value *zero = llvm::Constant::getNullValue(type);
  if (auto *constant = llvm::dyn_cast<llvm::ConstantDataVector>(indices)) {
    SmallVector<int, 16> mask;
    for (unsigned i = 0; i < 16; ++i)
      mask.push_back(
          int(std::min<uint64_t>(constant->getElementAsInteger(i), 16)));
    return b.CreateShuffleVector(value, zero, mask);
  }
  if (m.vectors.hasSsse3) {
    // pshufb selects 0 by the index's top bit, which saturation sets from 16
    // on.
    llvm::Value *bias = llvm::ConstantInt::get(type, 0x70);
    indices = b.CreateBinaryIntrinsic(Intrinsic::uadd_sat, indices, bias);
    return b.CreateIntrinsic(Intrinsic::x86_ssse3_pshuf_b_128,
                             {value, indices});
  }
  if (m.vectors.isAArch64)
    return b.CreateIntrinsic(Intrinsic::aarch64_neon_tbl1, {type},
                             {value, indices});
  llvm::Value *result = llvm::PoisonValue::get(type);
  llvm::Value *inRange = b.CreateAnd(indices, 15);
  for (uint64_t i = 0; i < 16; ++i) {
    llvm::Value *index = b.CreateExtractElement(inRange, i);
    result =
        b.CreateInsertElement(result, b.CreateExtractElement(value, index), i);
  }
  llvm::Value *isInRange =
      b.CreateICmpULT(indices, llvm::ConstantInt::get(type, 16));
  return b.CreateSelect(isInRange, result, zero);
}

void FunctionLowering::lowerI8x16Swizzle(const Instruction &) {
  llvm::Value *indices = popLanes(I8x16), *value = popLanes(I8x16);
  pushLanes(swizzle(value, indices));
}

void FunctionLowering::splat(Shape shape) {
  llvm::FixedVectorType *type = lanesOf(shape);
  llvm::Value *value = pop();
  if (type->isIntOrIntVectorTy())
    value = b.CreateTrunc(value, type->getElementType());
  pushLanes(b.CreateVectorSplat(type->getNumElements(), value));
}

void FunctionLowering::extractLane(Shape shape, uint64_t lane, bool isSigned) {
  llvm::Value *value = b.CreateExtractElement(popLanes(shape), lane);
  if (shape == I8x16 || shape == I16x8)
    value = isSigned ? b.CreateSExt(value, m.i32) : b.CreateZExt(value, m.i32);
  push(value);
}

void FunctionLowering::replaceLane(Shape shape, uint64_t lane) {
  llvm::FixedVectorType *type = lanesOf(shape);
  llvm::Value *value = pop(), *vector = popLanes(shape);
  if (type->isIntOrIntVectorTy())
    value = b.CreateTrunc(value, type->getElementType());
  pushLanes(b.CreateInsertElement(vector, value, lane));
}

#define LOWER(name, ...)                                                       \
  void FunctionLowering::lower##name(const Instruction &instruction) {         \
    __VA_ARGS__;                                                               \
  }
#define LOWER_LANES(shape)                                                     \
  void FunctionLowering::lower##shape##Splat(const Instruction &) {            \
    splat(shape);                                                              \
  }                                                                            \
  LOWER(shape##ReplaceLane, replaceLane(shape, instruction.bits))

LOWER_LANES(I8x16)
LOWER_LANES(I16x8)
LOWER_LANES(I32x4)
LOWER_LANES(I64x2)
LOWER_LANES(F32x4)
LOWER_LANES(F64x2)
LOWER(I8x16ExtractLaneS, extractLane(I8x16, instruction.bits, true))
LOWER(I8x16ExtractLaneU, extractLane(I8x16, instruction.bits, false))
LOWER(I16x8ExtractLaneS, extractLane(I16x8, instruction.bits, true))
LOWER(I16x8ExtractLaneU, extractLane(I16x8, instruction.bits, false))
LOWER(I32x4ExtractLane, extractLane(I32x4, instruction.bits, false))
LOWER(I64x2ExtractLane, extractLane(I64x2, instruction.bits, false))
LOWER(F32x4ExtractLane, extractLane(F32x4, instruction.bits, false))
LOWER(F64x2ExtractLane, extractLane(F64x2, instruction.bits, false))

// Bits.

/// The bits of the first operand where the mask has ones, else of the second.
llvm::Value *FunctionLowering::bitselect(llvm::Value *first,
                                         llvm::Value *second,
                                         llvm::Value *mask) {
  return b.CreateOr(b.CreateAnd(first, mask),
                    b.CreateAnd(second, b.CreateNot(mask)));
}

void FunctionLowering::lowerV128Bitselect(const Instruction &) {
  llvm::Value *mask = popLanes(I64x2), *second = popLanes(I64x2),
              *first = popLanes(I64x2);
  pushLanes(bitselect(first, second, mask));
}

void FunctionLowering::lowerV128Andnot(const Instruction &) {
  llvm::Value *right = popLanes(I64x2), *left = popLanes(I64x2);
  pushLanes(b.CreateAnd(left, b.CreateNot(right)));
}

void FunctionLowering::combine(Op op) {
  llvm::Value *right = popLanes(I64x2), *left = popLanes(I64x2);
  pushLanes(b.CreateBinOp(op, left, right));
}

void FunctionLowering::lowerV128AnyTrue(const Instruction &) {
  llvm::Value *bits = b.CreateBitCast(pop(), b.getInt128Ty());
  push(b.CreateZExt(b.CreateIsNotNull(bits), m.i32));
}

void FunctionLowering::allTrue(Shape shape) {
  llvm::Value *isTrue = b.CreateIsNotNull(popLanes(shape));
  push(b.CreateZExt(b.CreateAndReduce(isTrue), m.i32));
}

/// The sign of the first lane is the lowest bit.
void FunctionLowering::bitmask(Shape shape) {
  llvm::Value *lanes = popLanes(shape);
  llvm::Value *isNegative =
      b.CreateICmpSLT(lanes, llvm::Constant::getNullValue(lanes->getType()));
  llvm::Value *bits = b.CreateBitCast(
      isNegative, b.getIntNTy(lanesOf(shape)->getNumElements()));
  push(b.CreateZExt(bits, m.i32));
}

#undef LOWER
#define LOWER(name, ...)                                                       \
  void FunctionLowering::lower##name(const Instruction &) { __VA_ARGS__; }

LOWER(V128Not, pushLanes(b.CreateNot(popLanes(I64x2))))
LOWER(V128And, combine(Op::And))
LOWER(V128Or, combine(Op::Or))
LOWER(V128Xor, combine(Op::Xor))
LOWER(I8x16AllTrue, allTrue(I8x16))
LOWER(I16x8AllTrue, allTrue(I16x8))
LOWER(I32x4AllTrue, allTrue(I32x4))
LOWER(I64x2AllTrue, allTrue(I64x2))
LOWER(I8x16Bitmask, bitmask(I8x16))
LOWER(I16x8Bitmask, bitmask(I16x8))
LOWER(I32x4Bitmask, bitmask(I32x4))
LOWER(I64x2Bitmask, bitmask(I64x2))
