// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Parametric and variable instructions (Core 3.0, 4.6.1 and 4.6.6).

#include "Lower/FunctionLowering.h"
#include "llvm/IR/Instructions.h"

using namespace moat;

/// Comparisons push the i32 that the specification asks for; where it is only
/// tested, the i1 it was made from is the condition.
llvm::Value *FunctionLowering::truth(llvm::Value *value) {
  if (auto *extension = llvm::dyn_cast<llvm::ZExtInst>(value))
    if (extension->getSrcTy()->isIntegerTy(1))
      return extension->getOperand(0);
  return b.CreateICmpNE(value, llvm::Constant::getNullValue(value->getType()));
}

/// A load that the module itself drops is there for its trap: LLVM must not
/// delete it.
void FunctionLowering::keepTrap(llvm::Value *dropped) {
  for (;;) { // what a load makes of the bytes it has read
    if (llvm::isa<llvm::CastInst, llvm::ShuffleVectorInst, llvm::FreezeInst>(
            dropped))
      dropped = llvm::cast<llvm::Instruction>(dropped)->getOperand(0);
    else if (auto *insertion = llvm::dyn_cast<llvm::InsertElementInst>(dropped))
      dropped = insertion->getOperand(1);
    else
      break;
  }
  auto *load = llvm::dyn_cast<llvm::LoadInst>(dropped);
  if (load && !llvm::isa<llvm::AllocaInst>(load->getPointerOperand()))
    load->setVolatile(true);
}

void FunctionLowering::lowerDrop(const Instruction &) { keepTrap(pop()); }

void FunctionLowering::lowerSelect(const Instruction &) {
  llvm::Value *condition = truth(pop());
  llvm::Value *second = pop();
  llvm::Value *first = pop();
  push(b.CreateSelect(condition, first, second));
}

void FunctionLowering::lowerSelectTyped(const Instruction &instruction) {
  lowerSelect(instruction);
}

void FunctionLowering::lowerLocalGet(const Instruction &instruction) {
  llvm::AllocaInst *slot = locals[instruction.index];
  push(b.CreateLoad(slot->getAllocatedType(), slot));
  noteType(operands.back(), localTypes[instruction.index]);
}

void FunctionLowering::lowerLocalSet(const Instruction &instruction) {
  b.CreateStore(pop(), locals[instruction.index]);
}

void FunctionLowering::lowerLocalTee(const Instruction &instruction) {
  b.CreateStore(operands.back(), locals[instruction.index]);
}

void FunctionLowering::lowerGlobalGet(const Instruction &instruction) {
  if (llvm::Constant *constant = m.constantGlobal(instruction.index))
    return push(constant);
  const GlobalType &global = m.module.globals[instruction.index].type;
  llvm::LoadInst *load = m.loadField(b, m.type(global.type),
                                     m.places->global(b, instruction.index), 0);
  m.setGlobal(load, instruction.index);
  push(load);
  noteType(operands.back(), global.type);
}

void FunctionLowering::lowerGlobalSet(const Instruction &instruction) {
  llvm::Value *cell = m.places->global(b, instruction.index);
  m.setGlobal(
      m.storeField(b, pop(), cell, 0, /*isVolatile=*/m.options.strictTraps),
      instruction.index);
}
