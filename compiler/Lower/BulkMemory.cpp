// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// memory.copy, memory.fill, memory.init, data.drop (Core 3.0, 4.6.8).
//
// Ranges are checked whole before the first byte is written; then the copy is
// LLVM's own intrinsic, so that one of constant size becomes a few moves.

#include "Lower/FunctionLowering.h"

using namespace moat;

/// Traps unless \p begin + \p count <= \p size, by comparing the count with
/// what is left: the sum of two 64-bit operands could wrap.
void FunctionLowering::checkRange(llvm::Value *begin, llvm::Value *count,
                                  llvm::Value *size, TrapKind kind) {
  llvm::Value *isOut =
      b.CreateOr(b.CreateICmpUGT(begin, size),
                 b.CreateICmpUGT(count, b.CreateSub(size, begin)));
  m.trapIf(b, isOut, kind);
}

void FunctionLowering::lowerMemoryCopy(const Instruction &instruction) {
  bool to64 = is64(instruction.index), from64 = is64(instruction.index2);
  llvm::Value *count = toAddress(pop(), to64 && from64);
  llvm::Value *from = toAddress(pop(), from64);
  llvm::Value *to = toAddress(pop(), to64);
  checkRange(to, count, memorySize(instruction.index),
             TrapKind::OutOfBoundsMemory);
  checkRange(from, count, memorySize(instruction.index2),
             TrapKind::OutOfBoundsMemory);
  auto flags = llvm::GEPNoWrapFlags::noUnsignedWrap();
  auto *target = b.CreateGEP(m.i8, m.places->memoryBase(b, instruction.index),
                             to, "", flags);
  auto *source = b.CreateGEP(m.i8, m.places->memoryBase(b, instruction.index2),
                             from, "", flags);
  m.setRegion(
      b.CreateMemMove(target, llvm::Align(1), source, llvm::Align(1), count),
      Region::Guest);
}

void FunctionLowering::lowerMemoryFill(const Instruction &instruction) {
  bool wide = is64(instruction.index);
  llvm::Value *count = toAddress(pop(), wide);
  llvm::Value *value = b.CreateTrunc(pop(), m.i8);
  llvm::Value *to = toAddress(pop(), wide);
  checkRange(to, count, memorySize(instruction.index),
             TrapKind::OutOfBoundsMemory);
  auto *target = b.CreateGEP(m.i8, m.places->memoryBase(b, instruction.index),
                             to, "", llvm::GEPNoWrapFlags::noUnsignedWrap());
  m.setRegion(b.CreateMemSet(target, value, count, llvm::Align(1)),
              Region::Guest);
}

void FunctionLowering::lowerMemoryInit(const Instruction &instruction) {
  llvm::Value *count = toAddress(pop(), false);
  llvm::Value *from = toAddress(pop(), false);
  llvm::Value *to = toAddress(pop(), is64(instruction.index2));
  m.callBuiltin(b, Builtin::memory_init,
                {m.places->instance(b), m.places->memory(b, instruction.index2),
                 m.places->dataSegment(b, instruction.index), to, from, count});
}

void FunctionLowering::lowerDataDrop(const Instruction &instruction) {
  m.storeField(b, b.getInt64(0), m.places->dataSegment(b, instruction.index),
               offsetof(abi::DataSegment, sizeBytes));
}
