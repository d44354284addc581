// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Loads and stores of vectors (Core 3.0, 4.6.8): whole, widened, splatted, of
// one lane. Each is the scalar or vector access of Memory.cpp, and lanes around
// it.

#include "Lower/FunctionLowering.h"

using namespace moat;

/// Half a vector of narrower lanes, each extended.
void FunctionLowering::loadExtended(const Instruction &instruction, Shape shape,
                                    bool isSigned) {
  llvm::FixedVectorType *to = lanesOf(shape);
  load(instruction, llvm::VectorType::getTruncatedElementVectorType(to), to,
       isSigned);
  pushLanes(pop());
}

void FunctionLowering::loadSplat(const Instruction &instruction, Shape shape) {
  llvm::FixedVectorType *type = lanesOf(shape);
  load(instruction, type->getElementType(), type->getElementType(), false);
  pushLanes(b.CreateVectorSplat(type->getNumElements(), pop()));
}

/// The first lane; the others are zero.
void FunctionLowering::loadZero(const Instruction &instruction, Shape shape) {
  llvm::FixedVectorType *type = lanesOf(shape);
  load(instruction, type->getElementType(), type->getElementType(), false);
  pushLanes(b.CreateInsertElement(llvm::Constant::getNullValue(type), pop(),
                                  uint64_t(0)));
}

void FunctionLowering::loadLane(const Instruction &instruction, Shape shape) {
  llvm::Value *vector = popLanes(shape);
  llvm::Type *lane = lanesOf(shape)->getElementType();
  load(instruction, lane, lane, false);
  pushLanes(b.CreateInsertElement(vector, pop(), instruction.bits));
}

void FunctionLowering::storeLane(const Instruction &instruction, Shape shape) {
  push(b.CreateExtractElement(popLanes(shape), instruction.bits));
  store(instruction, operands.back()->getType());
}

#define LOWER(name, ...)                                                       \
  void FunctionLowering::lower##name(const Instruction &instruction) {         \
    __VA_ARGS__;                                                               \
  }

LOWER(V128Load, load(instruction, lanesOf(I8x16), lanesOf(I8x16), false))
LOWER(V128Store, store(instruction, lanesOf(I8x16)))
LOWER(V128Load8x8S, loadExtended(instruction, I16x8, true))
LOWER(V128Load8x8U, loadExtended(instruction, I16x8, false))
LOWER(V128Load16x4S, loadExtended(instruction, I32x4, true))
LOWER(V128Load16x4U, loadExtended(instruction, I32x4, false))
LOWER(V128Load32x2S, loadExtended(instruction, I64x2, true))
LOWER(V128Load32x2U, loadExtended(instruction, I64x2, false))
LOWER(V128Load8Splat, loadSplat(instruction, I8x16))
LOWER(V128Load16Splat, loadSplat(instruction, I16x8))
LOWER(V128Load32Splat, loadSplat(instruction, I32x4))
LOWER(V128Load64Splat, loadSplat(instruction, I64x2))
LOWER(V128Load32Zero, loadZero(instruction, I32x4))
LOWER(V128Load64Zero, loadZero(instruction, I64x2))
LOWER(V128Load8Lane, loadLane(instruction, I8x16))
LOWER(V128Load16Lane, loadLane(instruction, I16x8))
LOWER(V128Load32Lane, loadLane(instruction, I32x4))
LOWER(V128Load64Lane, loadLane(instruction, I64x2))
LOWER(V128Store8Lane, storeLane(instruction, I8x16))
LOWER(V128Store16Lane, storeLane(instruction, I16x8))
LOWER(V128Store32Lane, storeLane(instruction, I32x4))
LOWER(V128Store64Lane, storeLane(instruction, I64x2))
