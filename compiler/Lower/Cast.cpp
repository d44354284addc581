// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Tests and casts of references, i31, and the way between the any and the
// extern hierarchy (Core 3.0, 4.6.3 and 4.6.4 Reference Instructions).
//
// A reference to something of a defined type leads to an abi::TypeIdentity, and
// the test is one load and a comparison with it: of the identity itself where
// nothing can be of a subtype, else of an entry of its display. What can be no
// object, by the lowest and the highest bit (abi/Layout.h), is sorted out
// before, unless the operand's static type says that it is one.

#include "Lower/FunctionLowering.h"

using namespace moat;

bool ModuleLowering::isExact(uint32_t typeIndex) const {
  const SubType &type = module.types[typeIndex];
  // Other modules of a store may have subtypes that this one does not know.
  return type.isFinal || (isProcess() && !hasSubtypes[type.canonical]);
}

llvm::Value *ModuleLowering::isSubtype(Builder &b, llvm::Value *identity,
                                       uint32_t typeIndex) {
  llvm::Value *wanted = places->typeIdentity(b, typeIndex);
  if (isExact(typeIndex))
    return b.CreateICmpEQ(identity, wanted);
  uint32_t depth = module.types[typeIndex].depth;
  auto isInDisplay = [&] {
    uint64_t entry =
        offsetof(abi::TypeIdentity, display) + depth * sizeof(void *);
    return b.CreateICmpEQ(loadField(b, ptr, identity, entry, true), wanted);
  };
  if (depth < abi::minimumDisplay)
    return isInDisplay();

  llvm::Function *function = b.GetInsertBlock()->getParent();
  llvm::BasicBlock *origin = b.GetInsertBlock();
  auto *deep = llvm::BasicBlock::Create(context, "", function);
  auto *done = llvm::BasicBlock::Create(context, "", function);
  llvm::Value *found =
      loadField(b, i32, identity, offsetof(abi::TypeIdentity, depth), true);
  b.CreateCondBr(b.CreateICmpUGE(found, b.getInt32(depth)), deep, done);
  b.SetInsertPoint(deep);
  llvm::Value *result = isInDisplay();
  b.CreateBr(done);
  b.SetInsertPoint(done);
  llvm::PHINode *phi = b.CreatePHI(b.getInt1Ty(), 2);
  phi->addIncoming(b.getFalse(), origin);
  phi->addIncoming(result, deep);
  return phi;
}

/// What is known of the operand when compiling; at least, that it is a
/// reference.
ValType FunctionLowering::staticType(llvm::Value *reference) const {
  auto found = staticTypes.find(reference);
  return found != staticTypes.end() ? found->second
                                    : ValType::ref(AbstractHeap::Any, true);
}

void FunctionLowering::noteType(llvm::Value *value, ValType type) {
  if (type.isRef() && !llvm::isa<llvm::Constant>(value))
    staticTypes[value] = type;
}

void FunctionLowering::requireNonNull(llvm::Value *reference, TrapKind kind) {
  if (staticType(reference).nullable)
    m.trapIf(b, b.CreateIsNull(reference), kind);
}

/// Of a reference of the any hierarchy: that it is to a structure or an array,
/// and so not null either.
llvm::Value *FunctionLowering::isObject(llvm::Value *reference) {
  ValType type = staticType(reference);
  llvm::Value *isNotNull = type.nullable
                               ? b.CreateIsNotNull(reference)
                               : static_cast<llvm::Value *>(b.getTrue());
  bool isKnown = type.heap.isConcrete() ||
                 type.heap.abstract() == AbstractHeap::Struct ||
                 type.heap.abstract() == AbstractHeap::Array;
  if (isKnown)
    return isNotNull;
  // An operand of type eq is nothing of the host's.
  bool isOfGuest = type.heap.abstract() == AbstractHeap::Eq;
  uint64_t mask = 1 | (isOfGuest ? 0 : abi::hostReferenceBit);
  llvm::Value *bits =
      b.CreateAnd(b.CreatePtrToInt(reference, m.i64), b.getInt64(mask));
  return b.CreateAnd(isNotNull, b.CreateIsNull(bits));
}

/// Core 3.0, 4.6.3, ref.test: whether \p reference, of \p target's hierarchy,
/// is of that type.
llvm::Value *FunctionLowering::testType(llvm::Value *reference,
                                        ValType target) {
  auto isNull = [&]() -> llvm::Value * {
    return staticType(reference).nullable ? b.CreateIsNull(reference)
                                          : b.getFalse();
  };
  // Of what is certainly no object: null or not.
  auto orNull = [&](llvm::Value *isMatch) {
    return target.nullable ? b.CreateOr(isNull(), isMatch) : isMatch;
  };
  auto asWord = [&] { return b.CreatePtrToInt(reference, m.i64); };

  if (!target.heap.isConcrete()) {
    switch (target.heap.abstract()) {
    case AbstractHeap::Func:
    case AbstractHeap::Extern:
    case AbstractHeap::Any:
    case AbstractHeap::Exn:
      return target.nullable ? b.getTrue() : b.CreateNot(isNull());
    case AbstractHeap::None:
    case AbstractHeap::NoFunc:
    case AbstractHeap::NoExtern:
    case AbstractHeap::NoExn:
      return orNull(b.getFalse());
    case AbstractHeap::Eq: {
      llvm::Value *isOfGuest = b.CreateICmpSGE(asWord(), b.getInt64(0));
      return target.nullable ? isOfGuest
                             : b.CreateAnd(b.CreateNot(isNull()), isOfGuest);
    }
    case AbstractHeap::I31:
      return orNull(b.CreateICmpEQ(
          b.CreateAnd(asWord(), b.getInt64(abi::hostReferenceBit | 1)),
          b.getInt64(1)));
    case AbstractHeap::Struct:
    case AbstractHeap::Array:
      break;
    }
  }

  bool isFunction =
      target.heap.isConcrete() &&
      m.module.types[target.heap.typeIndex()].kind == SubType::Func;
  llvm::Value *hasIdentity =
      isFunction ? b.CreateNot(isNull()) : isObject(reference);
  llvm::Value *otherwise = target.nullable ? isNull() : b.getFalse();
  llvm::BasicBlock *origin = b.GetInsertBlock();
  llvm::BasicBlock *test = createBlock(), *done = createBlock();
  b.CreateCondBr(hasIdentity, test, done);
  b.SetInsertPoint(test);
  llvm::Value *isMatch;
  if (isFunction) {
    llvm::Value *identity =
        m.loadField(b, m.ptr, reference, offsetof(abi::FuncRef, type), true);
    isMatch = m.isSubtype(b, identity, target.heap.typeIndex());
  } else {
    llvm::LoadInst *identity = b.CreateLoad(m.ptr, reference);
    m.setRegion(identity, Region::Header);
    isMatch = target.heap.isConcrete()
                  ? m.isSubtype(b, identity, target.heap.typeIndex())
                  : hasKind(identity, target.heap.abstract());
  }
  llvm::BasicBlock *tested = b.GetInsertBlock();
  b.CreateBr(done);
  b.SetInsertPoint(done);
  llvm::PHINode *result = b.CreatePHI(b.getInt1Ty(), 2);
  result->addIncoming(otherwise, origin);
  result->addIncoming(isMatch, tested);
  return result;
}

llvm::Value *FunctionLowering::hasKind(llvm::Value *identity,
                                       AbstractHeap heap) {
  abi::TypeKind kind = heap == AbstractHeap::Struct ? abi::TypeKind::Struct
                                                    : abi::TypeKind::Array;
  llvm::Value *found =
      m.loadField(b, m.i8, identity, offsetof(abi::TypeIdentity, kind), true);
  return b.CreateICmpEQ(found, b.getInt8(uint8_t(kind)));
}

void FunctionLowering::refTest(ValType target) {
  push(b.CreateZExt(testType(pop(), target), m.i32));
}

void FunctionLowering::refCast(ValType target) {
  m.trapIf(b, b.CreateNot(testType(operands.back(), target)),
           TrapKind::CastFailure);
}

void FunctionLowering::lowerRefTest(const Instruction &instruction) {
  refTest(instruction.type);
}

void FunctionLowering::lowerRefTestNull(const Instruction &instruction) {
  refTest(instruction.type);
}

void FunctionLowering::lowerRefCast(const Instruction &instruction) {
  refCast(instruction.type);
}

void FunctionLowering::lowerRefCastNull(const Instruction &instruction) {
  refCast(instruction.type);
}

/// The reference stays on the stack either way.
void FunctionLowering::lowerBrOnCast(const Instruction &instruction) {
  branchIf(testType(operands.back(), instruction.type2),
           frameAt(instruction.index));
}

void FunctionLowering::lowerBrOnCastFail(const Instruction &instruction) {
  branchIf(b.CreateNot(testType(operands.back(), instruction.type2)),
           frameAt(instruction.index));
}

void FunctionLowering::lowerRefEq(const Instruction &) {
  llvm::Value *second = pop(), *first = pop();
  push(b.CreateZExt(b.CreateICmpEQ(first, second), m.i32));
}

/// Null stays null; else the bit that tells the two hierarchies apart is
/// inverted.
void FunctionLowering::invertHostBit() {
  llvm::Value *reference = pop();
  llvm::Value *word = b.CreatePtrToInt(reference, m.i64);
  llvm::Value *inverted =
      b.CreateIntToPtr(b.CreateXor(word, abi::hostReferenceBit), m.ptr);
  push(b.CreateSelect(b.CreateIsNull(reference), reference, inverted));
}

void FunctionLowering::lowerAnyConvertExtern(const Instruction &) {
  invertHostBit();
}

void FunctionLowering::lowerExternConvertAny(const Instruction &) {
  invertHostBit();
}

void FunctionLowering::lowerRefI31(const Instruction &) {
  llvm::Value *word = b.CreateZExt(b.CreateShl(pop(), 1), m.i64);
  push(b.CreateIntToPtr(b.CreateOr(word, b.getInt64(1)), m.ptr));
}

/// The 32 bits whose upper 31 are the operand's.
llvm::Value *FunctionLowering::popI31() {
  llvm::Value *reference = pop();
  requireNonNull(reference, TrapKind::NullI31Reference);
  return b.CreateTrunc(b.CreatePtrToInt(reference, m.i64), m.i32);
}

void FunctionLowering::lowerI31GetS(const Instruction &) {
  push(b.CreateAShr(popI31(), 1));
}

void FunctionLowering::lowerI31GetU(const Instruction &) {
  push(b.CreateLShr(popI31(), 1));
}
