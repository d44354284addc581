// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Typed references (Core 3.0, 4.6.12 and 4.6.3): calls through them, and
// branches on null. The validator knows that a reference is to a function of
// its type, so a call needs no check but for null.

#include "Lower/FunctionLowering.h"

using namespace moat;

/// Pops a reference; traps if it is null.
Callee FunctionLowering::popCallee(uint32_t typeIndex) {
  llvm::Value *reference = pop();
  m.trapIf(b, b.CreateIsNull(reference), TrapKind::NullFunctionReference);
  return m.referenceCallee(b, reference, m.module.types[typeIndex].func);
}

void FunctionLowering::lowerCallRef(const Instruction &instruction) {
  Callee callee = popCallee(instruction.index);
  lowerCall(callee, m.module.types[instruction.index].func);
}

void FunctionLowering::lowerReturnCallRef(const Instruction &instruction) {
  Callee callee = popCallee(instruction.index);
  lowerTailCall(callee, m.module.types[instruction.index].func);
}

void FunctionLowering::lowerRefAsNonNull(const Instruction &) {
  m.trapIf(b, b.CreateIsNull(operands.back()), TrapKind::NullReference);
}

/// Branches without the reference if it is null; else it stays.
void FunctionLowering::lowerBrOnNull(const Instruction &instruction) {
  llvm::Value *reference = pop();
  branchIf(b.CreateIsNull(reference), frameAt(instruction.index));
  push(reference);
}

/// Branches with the reference unless it is null; else it is gone.
void FunctionLowering::lowerBrOnNonNull(const Instruction &instruction) {
  branchIf(b.CreateIsNotNull(operands.back()), frameAt(instruction.index));
  pop();
}
