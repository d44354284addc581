// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The conditional trap that every family uses: a branch that LLVM takes for
// unlikely, to a block that calls moat_trap and does not come back. A function
// has one such block a kind.

#include "Lower/ModuleLowering.h"
#include "llvm/IR/MDBuilder.h"

using namespace moat;

void ModuleLowering::trap(Builder &b, TrapKind kind) {
  b.CreateCall(builtin(Builtin::trap), {b.getInt32(uint32_t(kind))});
  b.CreateUnreachable();
}

llvm::BasicBlock *ModuleLowering::trapBlock(llvm::Function *function,
                                            TrapKind kind) {
  if (trapBlocksOwner != function) {
    trapBlocksOwner = function;
    trapBlocks.clear();
  }
  llvm::BasicBlock *&block = trapBlocks[uint32_t(kind)];
  if (!block) {
    block = llvm::BasicBlock::Create(context, "", function);
    Builder b(block);
    trap(b, kind);
  }
  return block;
}

void ModuleLowering::trapIf(Builder &b, llvm::Value *condition, TrapKind kind) {
  if (auto *constant = llvm::dyn_cast<llvm::ConstantInt>(condition))
    if (constant->isZero())
      return;
  llvm::Function *function = b.GetInsertBlock()->getParent();
  llvm::BasicBlock *next = llvm::BasicBlock::Create(context, "", function);
  b.CreateCondBr(condition, trapBlock(function, kind), next,
                 llvm::MDBuilder(context).createUnlikelyBranchWeights());
  b.SetInsertPoint(next);
}

void ModuleLowering::trapUnless(Builder &b, llvm::Value *condition,
                                llvm::function_ref<llvm::Value *()> makeKind) {
  llvm::Function *function = b.GetInsertBlock()->getParent();
  llvm::BasicBlock *next = llvm::BasicBlock::Create(context, "", function);
  llvm::BasicBlock *cold = llvm::BasicBlock::Create(context, "", function);
  b.CreateCondBr(condition, next, cold,
                 llvm::MDBuilder(context).createLikelyBranchWeights());
  b.SetInsertPoint(cold);
  b.CreateCall(builtin(Builtin::trap), {makeKind()});
  b.CreateUnreachable();
  b.SetInsertPoint(next);
}

/// The address of a slot in the frame is as good as the stack pointer: what
/// lies between them is the frame of a function that holds nothing else.
void ModuleLowering::checkStack(Builder &b) {
  llvm::Value *slot = b.CreateAlloca(i8);
  llvm::Value *floor =
      loadField(b, ptr, places->context(b), offsetof(abi::Context, stackFloor));
  trapIf(b, b.CreateICmpULT(slot, floor), TrapKind::StackExhausted);
}
