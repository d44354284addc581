// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Tail calls (Core 3.0, 4.6.12 Control Instructions, return_call and its kin):
// the caller's frame is gone before the callee begins, whatever the two
// signatures are.
//
// `musttail` between functions of the calling convention `tailcc` guarantees
// that at every level: a callee takes its arguments off the stack, so a caller
// can leave it more of them than it was given itself. Results need nothing: the
// caller's are of the callee's types, and those that do not fit registers stay
// where the callee leaves them.

#include "Lower/FunctionLowering.h"

using namespace moat;

void ModuleLowering::tailCall(Builder &b, const Callee &callee,
                              ArrayRef<llvm::Value *> arguments) {
  assert(callingConvention == llvm::CallingConv::Tail &&
         "the summary has found the tail calls");
  SmallVector<llvm::Value *, 8> all;
  if (callee.instance)
    all.push_back(callee.instance);
  all.append(arguments.begin(), arguments.end());
  llvm::CallInst *call = b.CreateCall(callee.function, all);
  call->setCallingConv(callingConvention);
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  if (!canThrow(callee))
    call->setDoesNotThrow();
  if (call->getType()->isVoidTy())
    b.CreateRetVoid();
  else
    b.CreateRet(call);
}

void FunctionLowering::lowerTailCall(const Callee &callee,
                                     const FuncType &type) {
  m.tailCall(b, callee, popMany(type.params.size()));
  terminate();
}

void FunctionLowering::lowerReturnCall(const Instruction &instruction) {
  lowerTailCall(m.places->callee(b, instruction.index),
                m.module.funcType(instruction.index));
}

void FunctionLowering::lowerReturnCallIndirect(const Instruction &instruction) {
  Callee callee = indirectCallee(instruction);
  lowerTailCall(callee, m.module.types[instruction.index].func);
}
