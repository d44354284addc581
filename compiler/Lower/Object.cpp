// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Allocation, and structures (Core 3.0, 4.6.5 Aggregate Instructions).
//
// A small object is a cell off a run of its size: a load, an addition, a
// comparison and a store. Whatever can trap or collect comes before the
// allocation, so that a cell is filled before anything else can look at it;
// there are no barriers, and nothing is registered anywhere. Fields are plain
// loads and stores.

#include "Lower/FunctionLowering.h"
#include "llvm/IR/MDBuilder.h"

using namespace moat;

llvm::Value *ModuleLowering::takeCell(Builder &b, llvm::Value *run,
                                      llvm::Value *sizeBytes,
                                      llvm::Value *objectBytes) {
  llvm::Function *function = b.GetInsertBlock()->getParent();
  auto *taken = llvm::BasicBlock::Create(context, "", function);
  auto *empty = llvm::BasicBlock::Create(context, "", function);
  auto *done = llvm::BasicBlock::Create(context, "", function);
  auto access = [&](auto *instruction) {
    setRegion(instruction, Region::Allocation);
    return instruction;
  };
  llvm::Value *cell = access(b.CreateLoad(ptr, run));
  llvm::Value *end = access(b.CreateLoad(
      ptr, b.CreateConstGEP1_64(i8, run, offsetof(abi::AllocationRun, end))));
  llvm::Value *next = b.CreateGEP(i8, cell, sizeBytes);
  b.CreateCondBr(b.CreateICmpUGT(next, end), empty, taken,
                 llvm::MDBuilder(context).createUnlikelyBranchWeights());
  b.SetInsertPoint(taken);
  access(b.CreateStore(next, run));
  b.CreateBr(done);
  b.SetInsertPoint(empty);
  llvm::Value *found =
      callBuiltin(b, Builtin::gc_allocate, {places->instance(b), objectBytes});
  b.CreateBr(done);
  b.SetInsertPoint(done);
  llvm::PHINode *result = b.CreatePHI(ptr, 2);
  result->addIncoming(cell, taken);
  result->addIncoming(found, empty);
  return result;
}

/// `allocate`: the size is only known when it runs, or the place is not worth
/// the code.
llvm::Value *ModuleLowering::callAllocate(Builder &caller,
                                          llvm::Value *sizeBytes) {
  static constexpr StringRef name = "allocate";
  llvm::Function *function = ir.getFunction(name);
  if (!function) {
    auto *type = llvm::FunctionType::get(ptr, {ptr, i64}, false);
    function = createFunction(type, name, llvm::GlobalValue::InternalLinkage);
    function->setCallingConv(llvm::CallingConv::C);
    function->setDoesNotThrow();
    auto *small = llvm::BasicBlock::Create(context, "", function);
    auto *large = llvm::BasicBlock::Create(context, "", function);
    Builder b(llvm::BasicBlock::Create(context, "", function, small));
    llvm::Value *size = function->getArg(1);
    constexpr uint64_t largestCell = abi::cellBytes * abi::allocationClassCount;
    b.CreateCondBr(b.CreateICmpULE(size, b.getInt64(largestCell)), small,
                   large);
    b.SetInsertPoint(small);
    // The size of a cell is that of a run, too: the offset of run c is c times
    // it.
    static_assert(abi::cellBytes == sizeof(abi::AllocationRun));
    llvm::Value *cell =
        b.CreateAnd(b.CreateAdd(size, b.getInt64(abi::cellBytes - 1)),
                    b.getInt64(~(abi::cellBytes - 1)));
    llvm::Value *run =
        b.CreateGEP(i8, places->context(b),
                    b.CreateAdd(cell, b.getInt64(offsetof(abi::Context, runs) -
                                                 sizeof(abi::AllocationRun))));
    b.CreateRet(takeCell(b, run, cell, size));
    b.SetInsertPoint(large);
    b.CreateRet(
        callBuiltin(b, Builtin::gc_allocate, {places->instance(b), size}));
  }
  return caller.CreateCall(function, {places->instance(caller), sizeBytes});
}

/// A new cell for an object of type \p typeIndex, its header set; the caller
/// fills the rest before anything else happens.
llvm::Value *FunctionLowering::allocate(uint32_t typeIndex,
                                        llvm::Value *sizeBytes) {
  auto *constant = llvm::dyn_cast<llvm::ConstantInt>(sizeBytes);
  uint64_t cell =
      constant ? llvm::alignTo(constant->getZExtValue(), abi::cellBytes) : 0;
  bool isSmall = constant && cell <= abi::cellBytes * abi::allocationClassCount;
  llvm::Value *object;
  if (isSmall && !isConstantExpression) {
    llvm::Value *run = b.CreateConstGEP1_64(m.i8, m.places->context(b),
                                            offsetof(abi::Context, runs) +
                                                (cell / abi::cellBytes - 1) *
                                                    sizeof(abi::AllocationRun));
    object = m.takeCell(b, run, b.getInt64(cell), sizeBytes);
  } else {
    object = m.callAllocate(b, sizeBytes);
  }
  m.setRegion(b.CreateStore(m.places->typeIdentity(b, typeIndex), object),
              Region::Header);
  noteType(object, ValType::ref(HeapType::concrete(typeIndex), false));
  return object;
}

/// The type of a field or an element in memory.
llvm::Type *FunctionLowering::storageType(const FieldType &field) const {
  switch (field.packed) {
  case FieldType::I8:
    return m.i8;
  case FieldType::I16:
    return llvm::Type::getInt16Ty(m.context);
  case FieldType::Unpacked:
    return m.type(field.type);
  }
  llvm_unreachable("covered switch");
}

void FunctionLowering::storeStorage(llvm::Value *value, llvm::Value *place,
                                    uint32_t typeIndex, uint32_t field,
                                    bool isVolatile) {
  llvm::Type *type = storageType(m.module.types[typeIndex].fields[field]);
  if (value->getType()->isIntegerTy() && value->getType() != type)
    value = b.CreateTrunc(value, type);
  else if (value->getType() != type) // a vector in other lanes
    value = b.CreateBitCast(value, type);
  m.setField(b.CreateStore(value, place, isVolatile), typeIndex, field);
}

void FunctionLowering::pushStorage(llvm::Value *place, uint32_t typeIndex,
                                   uint32_t field, bool isSigned) {
  const FieldType &fieldType = m.module.types[typeIndex].fields[field];
  llvm::LoadInst *value = b.CreateLoad(storageType(fieldType), place);
  m.setField(value, typeIndex, field);
  if (fieldType.packed == FieldType::Unpacked) {
    noteType(value, fieldType.type);
    return push(value);
  }
  push(isSigned ? b.CreateSExt(value, m.i32) : b.CreateZExt(value, m.i32));
}

llvm::Value *FunctionLowering::fieldPlace(llvm::Value *object,
                                          uint32_t typeIndex, uint32_t field) {
  return b.CreateConstGEP1_64(m.i8, object,
                              m.objectLayout(typeIndex).offsets[field]);
}

void FunctionLowering::newStruct(uint32_t typeIndex,
                                 ArrayRef<llvm::Value *> values) {
  llvm::Value *object =
      allocate(typeIndex, b.getInt64(m.objectLayout(typeIndex).sizeBytes));
  for (auto [field, value] : llvm::enumerate(values))
    storeStorage(value, fieldPlace(object, typeIndex, field), typeIndex, field,
                 false);
  push(object);
}

void FunctionLowering::lowerStructNew(const Instruction &instruction) {
  const SubType &type = m.module.types[instruction.index];
  newStruct(instruction.index, popMany(type.fields.size()));
}

void FunctionLowering::lowerStructNewDefault(const Instruction &instruction) {
  Values values;
  for (const FieldType &field : m.module.types[instruction.index].fields)
    values.push_back(zero(field.type));
  newStruct(instruction.index, values);
}

void FunctionLowering::structGet(const Instruction &instruction,
                                 bool isSigned) {
  llvm::Value *object = pop();
  requireNonNull(object, TrapKind::NullStructReference);
  pushStorage(fieldPlace(object, instruction.index, instruction.index2),
              instruction.index, instruction.index2, isSigned);
}

void FunctionLowering::lowerStructGet(const Instruction &instruction) {
  structGet(instruction, false);
}

void FunctionLowering::lowerStructGetS(const Instruction &instruction) {
  structGet(instruction, true);
}

void FunctionLowering::lowerStructGetU(const Instruction &instruction) {
  structGet(instruction, false);
}

void FunctionLowering::lowerStructSet(const Instruction &instruction) {
  llvm::Value *value = pop(), *object = pop();
  requireNonNull(object, TrapKind::NullStructReference);
  storeStorage(value, fieldPlace(object, instruction.index, instruction.index2),
               instruction.index, instruction.index2, m.options.strictTraps);
}
