// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// 128-bit integers in pairs of i64, the low half first (wide-arithmetic.md).
// LLVM's i128 is what its back ends turn into add with carry and widening
// multiplication.

#include "Lower/FunctionLowering.h"

using namespace moat;

llvm::Value *FunctionLowering::popWide() {
  llvm::Value *high = b.CreateZExt(pop(), b.getInt128Ty());
  llvm::Value *low = b.CreateZExt(pop(), b.getInt128Ty());
  return b.CreateOr(b.CreateShl(high, 64), low);
}

void FunctionLowering::pushWide(llvm::Value *value) {
  push(b.CreateTrunc(value, m.i64));
  push(b.CreateTrunc(b.CreateLShr(value, 64), m.i64));
}

void FunctionLowering::wideBinary(llvm::Instruction::BinaryOps op) {
  llvm::Value *right = popWide();
  llvm::Value *left = popWide();
  pushWide(b.CreateBinOp(op, left, right));
}

void FunctionLowering::multiplyWide(llvm::Instruction::CastOps extension) {
  llvm::Value *right = b.CreateCast(extension, pop(), b.getInt128Ty());
  llvm::Value *left = b.CreateCast(extension, pop(), b.getInt128Ty());
  pushWide(b.CreateMul(left, right));
}

void FunctionLowering::lowerI64Add128(const Instruction &) {
  wideBinary(llvm::Instruction::Add);
}

void FunctionLowering::lowerI64Sub128(const Instruction &) {
  wideBinary(llvm::Instruction::Sub);
}

void FunctionLowering::lowerI64MulWideS(const Instruction &) {
  multiplyWide(llvm::Instruction::SExt);
}

void FunctionLowering::lowerI64MulWideU(const Instruction &) {
  multiplyWide(llvm::Instruction::ZExt);
}
