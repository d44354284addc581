// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Arrays (Core 3.0, 4.6.5 Aggregate Instructions). An access compares the index
// with the length; ranges are checked whole before the first element is
// written, by 64-bit sums of 32-bit operands, which cannot wrap.

#include "Lower/FunctionLowering.h"

using namespace moat;

llvm::Value *FunctionLowering::arrayLength(llvm::Value *array) {
  llvm::LoadInst *length = b.CreateLoad(
      m.i32, b.CreateConstGEP1_64(m.i8, array, abi::arrayLengthOffset));
  m.setRegion(length, Region::ArrayLength);
  return length;
}

uint64_t FunctionLowering::elementBytes(uint32_t typeIndex) const {
  return storageBytes(m.module.types[typeIndex].fields[0]);
}

/// The address of element \p index, i64.
llvm::Value *FunctionLowering::elementPlace(llvm::Value *array,
                                            uint32_t typeIndex,
                                            llvm::Value *index) {
  llvm::Value *elements =
      b.CreateConstGEP1_64(m.i8, array, abi::arrayElementsOffset);
  return b.CreateGEP(storageType(m.module.types[typeIndex].fields[0]), elements,
                     index);
}

/// The address of an element; traps if there is no such.
llvm::Value *FunctionLowering::checkedElement(llvm::Value *array,
                                              uint32_t typeIndex,
                                              llvm::Value *index) {
  requireNonNull(array, TrapKind::NullArrayReference);
  m.trapIf(b, b.CreateICmpUGE(index, arrayLength(array)),
           TrapKind::OutOfBoundsArray);
  return elementPlace(array, typeIndex, b.CreateZExt(index, m.i64));
}

/// Traps unless [begin, begin + count), i64 made of i32, is in \p array.
void FunctionLowering::checkArrayRange(llvm::Value *array, llvm::Value *begin,
                                       llvm::Value *count) {
  llvm::Value *length = b.CreateZExt(arrayLength(array), m.i64);
  llvm::Value *end = b.CreateAdd(begin, count, "", /*HasNUW=*/true,
                                 /*HasNSW=*/true);
  m.trapIf(b, b.CreateICmpUGT(end, length), TrapKind::OutOfBoundsArray);
}

/// A new array of \p count elements, i64 made of i32, not yet filled.
llvm::Value *FunctionLowering::newArray(uint32_t typeIndex,
                                        llvm::Value *count) {
  llvm::Value *bytes =
      b.CreateNUWMul(count, b.getInt64(elementBytes(typeIndex)));
  llvm::Value *array = allocate(
      typeIndex, b.CreateNUWAdd(bytes, b.getInt64(abi::arrayElementsOffset)));
  m.setRegion(
      b.CreateStore(b.CreateTrunc(count, m.i32),
                    b.CreateConstGEP1_64(m.i8, array, abi::arrayLengthOffset)),
      Region::ArrayLength);
  return array;
}

/// Stores \p value into \p count elements, i64, from \p place on.
void FunctionLowering::fillElements(llvm::Value *place, uint32_t typeIndex,
                                    llvm::Value *value, llvm::Value *count) {
  uint64_t size = elementBytes(typeIndex);
  auto *constant = llvm::dyn_cast<llvm::Constant>(value);
  if (size == 1 || (constant && constant->isNullValue())) {
    llvm::Value *byte = size == 1 ? b.CreateTrunc(value, m.i8) : b.getInt8(0);
    b.CreateMemSet(place, byte, b.CreateNUWMul(count, b.getInt64(size)),
                   llvm::Align(size));
    return;
  }
  llvm::BasicBlock *origin = b.GetInsertBlock();
  llvm::BasicBlock *loop = createBlock(), *done = createBlock();
  b.CreateCondBr(b.CreateIsNull(count), done, loop);
  b.SetInsertPoint(loop);
  llvm::PHINode *index = b.CreatePHI(m.i64, 2);
  storeStorage(value,
               b.CreateGEP(storageType(m.module.types[typeIndex].fields[0]),
                           place, index),
               typeIndex, 0, false);
  llvm::Value *next = b.CreateAdd(index, b.getInt64(1), "", /*HasNUW=*/true,
                                  /*HasNSW=*/true);
  index->addIncoming(b.getInt64(0), origin);
  index->addIncoming(next, loop);
  b.CreateCondBr(b.CreateICmpEQ(next, count), done, loop);
  b.SetInsertPoint(done);
}

void FunctionLowering::copyElements(llvm::Value *to, llvm::Value *from,
                                    uint32_t typeIndex, llvm::Value *count) {
  uint64_t size = elementBytes(typeIndex);
  b.CreateMemMove(to, llvm::Align(size), from, llvm::Align(size),
                  b.CreateNUWMul(count, b.getInt64(size)));
}

llvm::Value *FunctionLowering::popCount() { return b.CreateZExt(pop(), m.i64); }

void FunctionLowering::lowerArrayNew(const Instruction &instruction) {
  llvm::Value *count = popCount(), *value = pop();
  llvm::Value *array = newArray(instruction.index, count);
  fillElements(elementPlace(array, instruction.index, b.getInt64(0)),
               instruction.index, value, count);
  push(array);
}

void FunctionLowering::lowerArrayNewDefault(const Instruction &instruction) {
  llvm::Value *count = popCount();
  llvm::Value *array = newArray(instruction.index, count);
  fillElements(elementPlace(array, instruction.index, b.getInt64(0)),
               instruction.index,
               zero(m.module.types[instruction.index].fields[0].type), count);
  push(array);
}

void FunctionLowering::lowerArrayNewFixed(const Instruction &instruction) {
  Values values = popMany(instruction.index2);
  llvm::Value *array =
      newArray(instruction.index, b.getInt64(instruction.index2));
  for (auto [index, value] : llvm::enumerate(values))
    storeStorage(value,
                 elementPlace(array, instruction.index, b.getInt64(index)),
                 instruction.index, 0, false);
  push(array);
}

/// Where the operands' range of a data segment begins; traps unless the segment
/// has all of it.
llvm::Value *FunctionLowering::checkedData(const Instruction &instruction,
                                           llvm::Value *offset,
                                           llvm::Value *count) {
  llvm::Value *cell = m.places->dataSegment(b, instruction.index2);
  llvm::Value *bytes =
      b.CreateNUWMul(count, b.getInt64(elementBytes(instruction.index)));
  llvm::Value *size =
      m.loadField(b, m.i64, cell, offsetof(abi::DataSegment, sizeBytes));
  m.trapIf(b, b.CreateICmpUGT(b.CreateNUWAdd(offset, bytes), size),
           TrapKind::OutOfBoundsMemory);
  llvm::Value *begin =
      m.loadField(b, m.ptr, cell, offsetof(abi::DataSegment, bytes));
  return b.CreateGEP(m.i8, begin, offset);
}

/// As checkedData, of an element segment.
llvm::Value *FunctionLowering::checkedElements(const Instruction &instruction,
                                               llvm::Value *offset,
                                               llvm::Value *count) {
  llvm::Value *cell = m.places->elementSegment(b, instruction.index2);
  llvm::Value *size =
      m.loadField(b, m.i64, cell, offsetof(abi::ElementSegment, size));
  m.trapIf(b, b.CreateICmpUGT(b.CreateNUWAdd(offset, count), size),
           TrapKind::OutOfBoundsTable);
  llvm::Value *begin =
      m.loadField(b, m.ptr, cell, offsetof(abi::ElementSegment, elements));
  return b.CreateGEP(m.ptr, begin, offset);
}

/// Data is bytes: they have no alignment, and no field's region.
void FunctionLowering::copyData(llvm::Value *to, llvm::Value *from,
                                uint32_t typeIndex, llvm::Value *count) {
  uint64_t size = elementBytes(typeIndex);
  b.CreateMemCpy(to, llvm::Align(size), from, llvm::Align(1),
                 b.CreateNUWMul(count, b.getInt64(size)));
}

void FunctionLowering::lowerArrayNewData(const Instruction &instruction) {
  llvm::Value *count = popCount(), *offset = popCount();
  llvm::Value *from = checkedData(instruction, offset, count);
  llvm::Value *array = newArray(instruction.index, count);
  copyData(elementPlace(array, instruction.index, b.getInt64(0)), from,
           instruction.index, count);
  push(array);
}

void FunctionLowering::lowerArrayNewElem(const Instruction &instruction) {
  llvm::Value *count = popCount(), *offset = popCount();
  llvm::Value *from = checkedElements(instruction, offset, count);
  llvm::Value *array = newArray(instruction.index, count);
  copyElements(elementPlace(array, instruction.index, b.getInt64(0)), from,
               instruction.index, count);
  push(array);
}

void FunctionLowering::lowerArrayInitData(const Instruction &instruction) {
  llvm::Value *count = popCount(), *offset = popCount();
  llvm::Value *index = popCount(), *array = pop();
  requireNonNull(array, TrapKind::NullArrayReference);
  checkArrayRange(array, index, count);
  llvm::Value *from = checkedData(instruction, offset, count);
  copyData(elementPlace(array, instruction.index, index), from,
           instruction.index, count);
}

void FunctionLowering::lowerArrayInitElem(const Instruction &instruction) {
  llvm::Value *count = popCount(), *offset = popCount();
  llvm::Value *index = popCount(), *array = pop();
  requireNonNull(array, TrapKind::NullArrayReference);
  checkArrayRange(array, index, count);
  llvm::Value *from = checkedElements(instruction, offset, count);
  copyElements(elementPlace(array, instruction.index, index), from,
               instruction.index, count);
}

void FunctionLowering::arrayGet(const Instruction &instruction, bool isSigned) {
  llvm::Value *index = pop(), *array = pop();
  pushStorage(checkedElement(array, instruction.index, index),
              instruction.index, 0, isSigned);
}

void FunctionLowering::lowerArrayGet(const Instruction &instruction) {
  arrayGet(instruction, false);
}

void FunctionLowering::lowerArrayGetS(const Instruction &instruction) {
  arrayGet(instruction, true);
}

void FunctionLowering::lowerArrayGetU(const Instruction &instruction) {
  arrayGet(instruction, false);
}

void FunctionLowering::lowerArraySet(const Instruction &instruction) {
  llvm::Value *value = pop(), *index = pop(), *array = pop();
  storeStorage(value, checkedElement(array, instruction.index, index),
               instruction.index, 0, m.options.strictTraps);
}

void FunctionLowering::lowerArrayLen(const Instruction &) {
  llvm::Value *array = pop();
  requireNonNull(array, TrapKind::NullArrayReference);
  push(arrayLength(array));
}

void FunctionLowering::lowerArrayFill(const Instruction &instruction) {
  llvm::Value *count = popCount(), *value = pop();
  llvm::Value *index = popCount(), *array = pop();
  requireNonNull(array, TrapKind::NullArrayReference);
  checkArrayRange(array, index, count);
  fillElements(elementPlace(array, instruction.index, index), instruction.index,
               value, count);
}

void FunctionLowering::lowerArrayCopy(const Instruction &instruction) {
  llvm::Value *count = popCount();
  llvm::Value *fromIndex = popCount(), *from = pop();
  llvm::Value *toIndex = popCount(), *to = pop();
  requireNonNull(to, TrapKind::NullArrayReference);
  requireNonNull(from, TrapKind::NullArrayReference);
  checkArrayRange(to, toIndex, count);
  checkArrayRange(from, fromIndex, count);
  copyElements(elementPlace(to, instruction.index, toIndex),
               elementPlace(from, instruction.index2, fromIndex),
               instruction.index, count);
}
