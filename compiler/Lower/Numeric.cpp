// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Numeric instructions (Core 3.0, 4.3 Numerics): constants, arithmetic,
// comparisons.
//
// Floating point is LLVM's plain arithmetic. LLVM folds x*1, x/1, x-0 and their
// like to x, which leaves a signaling NaN signaling where the specification
// wants a quiet one (4.3.3, NaN propagation): where an operand is such a
// literal, and everywhere under
// --strict-float, the result passes through llvm.canonicalize.

#include "Lower/FunctionLowering.h"
#include "llvm/IR/Intrinsics.h"

using namespace moat;
using llvm::CmpInst;
using llvm::Intrinsic::ID;
using Op = llvm::Instruction::BinaryOps;
namespace Intrinsic = llvm::Intrinsic;

void FunctionLowering::binary(Op op) {
  llvm::Value *right = pop(), *left = pop();
  push(b.CreateBinOp(op, left, right));
}

void FunctionLowering::compare(CmpInst::Predicate predicate) {
  llvm::Value *right = pop(), *left = pop();
  push(b.CreateZExt(b.CreateCmp(predicate, left, right), m.i32));
}

void FunctionLowering::eqz() {
  llvm::Value *value = pop();
  auto *extension = llvm::dyn_cast<llvm::ZExtInst>(value);
  bool isBoolean = extension && extension->getSrcTy()->isIntegerTy(1);
  push(b.CreateZExt(isBoolean ? b.CreateNot(extension->getOperand(0))
                              : b.CreateIsNull(value),
                    m.i32));
}

void FunctionLowering::intrinsic(ID id) {
  push(b.CreateUnaryIntrinsic(id, pop()));
}

void FunctionLowering::binaryIntrinsic(ID id) {
  llvm::Value *right = pop(), *left = pop();
  push(b.CreateBinaryIntrinsic(id, left, right));
}

/// Counts of leading and trailing zeros: of zero it is the width.
static void countZeros(Builder &b, SmallVectorImpl<llvm::Value *> &operands,
                       ID id) {
  llvm::Value *&top = operands.back();
  top = b.CreateIntrinsic(id, {top->getType()}, {top, b.getFalse()});
}

/// Shift counts are taken modulo the width (Core 3.0, 4.3.2, ishl).
void FunctionLowering::shift(Op op) {
  llvm::Value *count = pop(), *value = pop();
  uint64_t mask = value->getType()->getIntegerBitWidth() - 1;
  push(b.CreateBinOp(op, value, b.CreateAnd(count, mask)));
}

void FunctionLowering::rotate(ID id) {
  llvm::Value *count = pop(), *value = pop();
  push(b.CreateIntrinsic(id, {value->getType()}, {value, value, count}));
}

/// Core 3.0, 4.3.2, idiv and irem: a zero divisor traps, and so does the one
/// quotient that does not fit; its remainder is 0.
void FunctionLowering::divide(Op op) {
  llvm::Value *divisor = pop(), *dividend = pop();
  llvm::Type *type = divisor->getType();
  llvm::Constant *minusOne = llvm::Constant::getAllOnesValue(type);
  m.trapIf(b, b.CreateICmpEQ(divisor, llvm::Constant::getNullValue(type)),
           TrapKind::IntegerDivideByZero);
  if (op == Op::SDiv) {
    llvm::Constant *minimum =
        b.getInt(llvm::APInt::getSignedMinValue(type->getIntegerBitWidth()));
    m.trapIf(b,
             b.CreateAnd(b.CreateICmpEQ(divisor, minusOne),
                         b.CreateICmpEQ(dividend, minimum)),
             TrapKind::IntegerOverflow);
  }
  if (op == Op::SRem)
    divisor = b.CreateSelect(b.CreateICmpEQ(divisor, minusOne),
                             llvm::ConstantInt::get(type, 1), divisor);
  push(b.CreateBinOp(op, dividend, divisor));
}

/// Is \p value a literal, or a vector with a lane, that makes LLVM fold an
/// operation to its other operand, with or without its sign? 1 and -1 of
/// products and quotients, 0 and -0 of sums.
static bool isNeutral(llvm::Value *value, Op op) {
  if (auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(value->getType())) {
    auto *lanes = llvm::dyn_cast<llvm::Constant>(value);
    for (unsigned i = 0; lanes && i < vector->getNumElements(); ++i)
      if (isNeutral(lanes->getAggregateElement(i), op))
        return true;
    return false;
  }
  auto *constant = llvm::dyn_cast<llvm::ConstantFP>(value);
  if (!constant)
    return false;
  if (op == Op::FMul || op == Op::FDiv)
    return constant->isExactlyValue(1.0) || constant->isExactlyValue(-1.0);
  return constant->isZero();
}

llvm::Value *FunctionLowering::quieted(llvm::Value *value) {
  return b.CreateUnaryIntrinsic(Intrinsic::canonicalize, value);
}

void FunctionLowering::floatBinary(Op op) {
  llvm::Value *right = pop(), *left = pop();
  llvm::Value *result = b.CreateBinOp(op, left, right);
  bool mayFold = isNeutral(left, op) || isNeutral(right, op);
  push(mayFold || m.options.strictFloat ? quieted(result) : result);
}

void FunctionLowering::lowerI32Const(const Instruction &instruction) {
  push(b.getInt32(static_cast<uint32_t>(instruction.bits)));
}
void FunctionLowering::lowerI64Const(const Instruction &instruction) {
  push(b.getInt64(instruction.bits));
}
void FunctionLowering::lowerF32Const(const Instruction &instruction) {
  llvm::APInt bits(32, static_cast<uint32_t>(instruction.bits));
  push(llvm::ConstantFP::get(m.context,
                             llvm::APFloat(llvm::APFloat::IEEEsingle(), bits)));
}
void FunctionLowering::lowerF64Const(const Instruction &instruction) {
  llvm::APInt bits(64, instruction.bits);
  push(llvm::ConstantFP::get(m.context,
                             llvm::APFloat(llvm::APFloat::IEEEdouble(), bits)));
}

// One line for each row: the LLVM operation that the instruction is.
#define LOWER(name, ...)                                                       \
  void FunctionLowering::lower##name(const Instruction &) { __VA_ARGS__; }
#define LOWER_BOTH(type1, type2, name, ...)                                    \
  LOWER(type1##name, __VA_ARGS__) LOWER(type2##name, __VA_ARGS__)
#define LOWER_INT(name, ...) LOWER_BOTH(I32, I64, name, __VA_ARGS__)
#define LOWER_FLOAT(name, ...) LOWER_BOTH(F32, F64, name, __VA_ARGS__)

LOWER_INT(Eqz, eqz())
LOWER_INT(Eq, compare(CmpInst::ICMP_EQ))
LOWER_INT(Ne, compare(CmpInst::ICMP_NE))
LOWER_INT(LtS, compare(CmpInst::ICMP_SLT))
LOWER_INT(LtU, compare(CmpInst::ICMP_ULT))
LOWER_INT(GtS, compare(CmpInst::ICMP_SGT))
LOWER_INT(GtU, compare(CmpInst::ICMP_UGT))
LOWER_INT(LeS, compare(CmpInst::ICMP_SLE))
LOWER_INT(LeU, compare(CmpInst::ICMP_ULE))
LOWER_INT(GeS, compare(CmpInst::ICMP_SGE))
LOWER_INT(GeU, compare(CmpInst::ICMP_UGE))
LOWER_FLOAT(Eq, compare(CmpInst::FCMP_OEQ))
LOWER_FLOAT(Ne, compare(CmpInst::FCMP_UNE))
LOWER_FLOAT(Lt, compare(CmpInst::FCMP_OLT))
LOWER_FLOAT(Gt, compare(CmpInst::FCMP_OGT))
LOWER_FLOAT(Le, compare(CmpInst::FCMP_OLE))
LOWER_FLOAT(Ge, compare(CmpInst::FCMP_OGE))

LOWER_INT(Clz, countZeros(b, operands, Intrinsic::ctlz))
LOWER_INT(Ctz, countZeros(b, operands, Intrinsic::cttz))
LOWER_INT(Popcnt, intrinsic(Intrinsic::ctpop))
LOWER_INT(Add, binary(Op::Add))
LOWER_INT(Sub, binary(Op::Sub))
LOWER_INT(Mul, binary(Op::Mul))
LOWER_INT(DivS, divide(Op::SDiv))
LOWER_INT(DivU, divide(Op::UDiv))
LOWER_INT(RemS, divide(Op::SRem))
LOWER_INT(RemU, divide(Op::URem))
LOWER_INT(And, binary(Op::And))
LOWER_INT(Or, binary(Op::Or))
LOWER_INT(Xor, binary(Op::Xor))
LOWER_INT(Shl, shift(Op::Shl))
LOWER_INT(ShrS, shift(Op::AShr))
LOWER_INT(ShrU, shift(Op::LShr))
LOWER_INT(Rotl, rotate(Intrinsic::fshl))
LOWER_INT(Rotr, rotate(Intrinsic::fshr))

LOWER_FLOAT(Abs, intrinsic(Intrinsic::fabs))
LOWER_FLOAT(Neg, push(b.CreateFNeg(pop())))
LOWER_FLOAT(Ceil, intrinsic(Intrinsic::ceil))
LOWER_FLOAT(Floor, intrinsic(Intrinsic::floor))
LOWER_FLOAT(Trunc, intrinsic(Intrinsic::trunc))
LOWER_FLOAT(Nearest, intrinsic(Intrinsic::roundeven))
LOWER_FLOAT(Sqrt, intrinsic(Intrinsic::sqrt))
LOWER_FLOAT(Add, floatBinary(Op::FAdd))
LOWER_FLOAT(Sub, floatBinary(Op::FSub))
LOWER_FLOAT(Mul, floatBinary(Op::FMul))
LOWER_FLOAT(Div, floatBinary(Op::FDiv))
// LLVM's minimum and maximum may return a signaling NaN as it came.
LOWER_FLOAT(Min, binaryIntrinsic(Intrinsic::minimum), push(quieted(pop())))
LOWER_FLOAT(Max, binaryIntrinsic(Intrinsic::maximum), push(quieted(pop())))
LOWER_FLOAT(Copysign, binaryIntrinsic(Intrinsic::copysign))
