// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Table instructions (Core 3.0, 4.6.7). Single elements are accessed in place;
// what works on ranges is a builtin.

#include "Lower/FunctionLowering.h"

using namespace moat;

/// The address of an element; traps if the table has none at \p index (i64).
llvm::Value *FunctionLowering::element(uint32_t table, llvm::Value *index,
                                       TrapKind kind) {
  m.trapIf(b, b.CreateICmpUGE(index, m.places->tableSize(b, table)), kind);
  return b.CreateGEP(m.ptr, m.places->tableElements(b, table), index);
}

void FunctionLowering::lowerTableGet(const Instruction &instruction) {
  llvm::Value *index = toAddress(pop(), tableIs64(instruction.index));
  llvm::Value *place =
      element(instruction.index, index, TrapKind::OutOfBoundsTable);
  push(m.loadField(b, m.ptr, place, 0));
  noteType(operands.back(), m.module.tables[instruction.index].type.element);
}

void FunctionLowering::lowerTableSet(const Instruction &instruction) {
  llvm::Value *value = pop();
  llvm::Value *index = toAddress(pop(), tableIs64(instruction.index));
  llvm::Value *place =
      element(instruction.index, index, TrapKind::OutOfBoundsTable);
  m.storeField(b, value, place, 0);
}

void FunctionLowering::lowerTableSize(const Instruction &instruction) {
  pushIndex(m.places->tableSize(b, instruction.index),
            tableIs64(instruction.index));
}

void FunctionLowering::lowerTableGrow(const Instruction &instruction) {
  bool wide = tableIs64(instruction.index);
  llvm::Value *delta = toAddress(pop(), wide);
  llvm::Value *value = pop();
  pushIndex(
      m.callBuiltin(b, Builtin::table_grow,
                    {m.places->instance(b),
                     m.places->table(b, instruction.index), delta, value}),
      wide);
}

void FunctionLowering::lowerTableFill(const Instruction &instruction) {
  bool wide = tableIs64(instruction.index);
  llvm::Value *count = toAddress(pop(), wide);
  llvm::Value *value = pop();
  llvm::Value *index = toAddress(pop(), wide);
  m.callBuiltin(b, Builtin::table_fill,
                {m.places->instance(b), m.places->table(b, instruction.index),
                 index, value, count});
}

void FunctionLowering::lowerTableCopy(const Instruction &instruction) {
  bool to64 = tableIs64(instruction.index),
       from64 = tableIs64(instruction.index2);
  llvm::Value *count = toAddress(pop(), to64 && from64);
  llvm::Value *from = toAddress(pop(), from64);
  llvm::Value *to = toAddress(pop(), to64);
  m.callBuiltin(b, Builtin::table_copy,
                {m.places->instance(b), m.places->table(b, instruction.index),
                 m.places->table(b, instruction.index2), to, from, count});
}

void FunctionLowering::lowerTableInit(const Instruction &instruction) {
  llvm::Value *count = toAddress(pop(), false);
  llvm::Value *from = toAddress(pop(), false);
  llvm::Value *to = toAddress(pop(), tableIs64(instruction.index2));
  m.callBuiltin(b, Builtin::table_init,
                {m.places->instance(b), m.places->table(b, instruction.index2),
                 m.places->elementSegment(b, instruction.index), to, from,
                 count});
}

void FunctionLowering::lowerElemDrop(const Instruction &instruction) {
  m.storeField(b, b.getInt64(0), m.places->elementSegment(b, instruction.index),
               offsetof(abi::ElementSegment, size));
}
