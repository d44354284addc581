// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Atomic accesses, fences, wait and notify (threads.md, Atomic Memory
// Accesses). All are sequentially consistent, in LLVM as in the specification.
// An access that is not aligned traps before its bounds are looked at; LLVM
// relies on the alignment from there on.

#include "Lower/FunctionLowering.h"

using namespace moat;

/// The host address of an atomic access; traps where it is not aligned to its
/// size. The sum of address and offset may wrap: that changes none of the bits
/// that are looked at, and bounds are checked on the true sum.
llvm::Value *FunctionLowering::atomicAddress(llvm::Value *guest,
                                             const MemArg &memArg,
                                             uint32_t sizeBytes) {
  if (sizeBytes > 1) {
    llvm::Value *sum = b.CreateAdd(
        guest, llvm::ConstantInt::get(guest->getType(), memArg.offset,
                                      /*IsSigned=*/false,
                                      /*ImplicitTrunc=*/true));
    llvm::Value *low = b.CreateAnd(sum, sizeBytes - 1);
    m.trapIf(b, b.CreateIsNotNull(low), TrapKind::UnalignedAtomic);
  }
  return address(guest, memArg, sizeBytes);
}

static uint32_t bytesOf(llvm::Type *type) {
  return type->getIntegerBitWidth() / 8;
}

void FunctionLowering::atomicLoad(const Instruction &instruction,
                                  llvm::Type *memoryType, llvm::Type *type) {
  uint32_t size = bytesOf(memoryType);
  llvm::Value *from = atomicAddress(pop(), instruction.memArg, size);
  llvm::LoadInst *value = b.CreateAlignedLoad(
      memoryType, from, llvm::Align(size), m.options.strictTraps);
  value->setAtomic(llvm::AtomicOrdering::SequentiallyConsistent);
  m.setRegion(value, Region::Guest);
  push(b.CreateZExt(value, type));
}

void FunctionLowering::atomicStore(const Instruction &instruction,
                                   llvm::Type *memoryType) {
  uint32_t size = bytesOf(memoryType);
  llvm::Value *value = b.CreateTrunc(pop(), memoryType);
  llvm::Value *to = atomicAddress(pop(), instruction.memArg, size);
  llvm::StoreInst *store =
      b.CreateAlignedStore(value, to, llvm::Align(size), m.options.strictTraps);
  store->setAtomic(llvm::AtomicOrdering::SequentiallyConsistent);
  m.setRegion(store, Region::Guest);
}

void FunctionLowering::atomicModify(const Instruction &instruction,
                                    llvm::AtomicRMWInst::BinOp op,
                                    llvm::Type *memoryType, llvm::Type *type) {
  uint32_t size = bytesOf(memoryType);
  llvm::Value *value = b.CreateTrunc(pop(), memoryType);
  llvm::Value *at = atomicAddress(pop(), instruction.memArg, size);
  // LLVM makes a fence of an `or` with 0 whose result nobody uses, and would
  // lose its trap with the access.
  auto *constant = llvm::dyn_cast<llvm::ConstantInt>(value);
  bool mayBeIdempotent = constant ? constant->isZero() || constant->isMinusOne()
                                  : m.options.strictTraps;
  if (mayBeIdempotent)
    m.setRegion(b.CreateAlignedLoad(memoryType, at, llvm::Align(size),
                                    /*isVolatile=*/true),
                Region::Guest);
  llvm::AtomicRMWInst *old =
      b.CreateAtomicRMW(op, at, value, llvm::Align(size),
                        llvm::AtomicOrdering::SequentiallyConsistent);
  old->setVolatile(m.options.strictTraps);
  m.setRegion(old, Region::Guest);
  push(b.CreateZExt(old, type));
}

/// What is expected is wrapped to the size of the access, as what is stored is.
void FunctionLowering::atomicCompareExchange(const Instruction &instruction,
                                             llvm::Type *memoryType,
                                             llvm::Type *type) {
  uint32_t size = bytesOf(memoryType);
  llvm::Value *replacement = b.CreateTrunc(pop(), memoryType);
  llvm::Value *expected = b.CreateTrunc(pop(), memoryType);
  llvm::Value *at = atomicAddress(pop(), instruction.memArg, size);
  auto order = llvm::AtomicOrdering::SequentiallyConsistent;
  llvm::AtomicCmpXchgInst *result = b.CreateAtomicCmpXchg(
      at, expected, replacement, llvm::Align(size), order, order);
  result->setVolatile(m.options.strictTraps);
  m.setRegion(result, Region::Guest);
  push(b.CreateZExt(b.CreateExtractValue(result, 0), type));
}

/// The runtime checks alignment, bounds, and whether the memory is shared.
void FunctionLowering::atomicWait(const Instruction &instruction,
                                  Builtin builtin) {
  const MemArg &memArg = instruction.memArg;
  llvm::Value *timeout = pop();
  llvm::Value *expected = b.CreateZExt(pop(), m.i64);
  llvm::Value *guest = toAddress(pop(), is64(memArg.memory));
  push(m.callBuiltin(b, builtin,
                     {m.places->instance(b), m.places->memory(b, memArg.memory),
                      guest, b.getInt64(memArg.offset), expected, timeout}));
}

void FunctionLowering::lowerMemoryAtomicNotify(const Instruction &instruction) {
  const MemArg &memArg = instruction.memArg;
  llvm::Value *count = pop();
  llvm::Value *guest = toAddress(pop(), is64(memArg.memory));
  push(m.callBuiltin(b, Builtin::memory_notify,
                     {m.places->instance(b), m.places->memory(b, memArg.memory),
                      guest, b.getInt64(memArg.offset), count}));
}

void FunctionLowering::lowerAtomicFence(const Instruction &) {
  b.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent);
}

#define LOWER(name, ...)                                                       \
  void FunctionLowering::lower##name(const Instruction &instruction) {         \
    __VA_ARGS__;                                                               \
  }

LOWER(MemoryAtomicWait32, atomicWait(instruction, Builtin::memory_wait32))
LOWER(MemoryAtomicWait64, atomicWait(instruction, Builtin::memory_wait64))

LOWER(I32AtomicLoad, atomicLoad(instruction, m.i32, m.i32))
LOWER(I64AtomicLoad, atomicLoad(instruction, m.i64, m.i64))
LOWER(I32AtomicLoad8U, atomicLoad(instruction, m.i8, m.i32))
LOWER(I32AtomicLoad16U, atomicLoad(instruction, b.getInt16Ty(), m.i32))
LOWER(I64AtomicLoad8U, atomicLoad(instruction, m.i8, m.i64))
LOWER(I64AtomicLoad16U, atomicLoad(instruction, b.getInt16Ty(), m.i64))
LOWER(I64AtomicLoad32U, atomicLoad(instruction, m.i32, m.i64))

LOWER(I32AtomicStore, atomicStore(instruction, m.i32))
LOWER(I64AtomicStore, atomicStore(instruction, m.i64))
LOWER(I32AtomicStore8, atomicStore(instruction, m.i8))
LOWER(I32AtomicStore16, atomicStore(instruction, b.getInt16Ty()))
LOWER(I64AtomicStore8, atomicStore(instruction, m.i8))
LOWER(I64AtomicStore16, atomicStore(instruction, b.getInt16Ty()))
LOWER(I64AtomicStore32, atomicStore(instruction, m.i32))

LOWER(I32AtomicRmwCmpxchg, atomicCompareExchange(instruction, m.i32, m.i32))
LOWER(I64AtomicRmwCmpxchg, atomicCompareExchange(instruction, m.i64, m.i64))
LOWER(I32AtomicRmw8CmpxchgU, atomicCompareExchange(instruction, m.i8, m.i32))
LOWER(I32AtomicRmw16CmpxchgU,
      atomicCompareExchange(instruction, b.getInt16Ty(), m.i32))
LOWER(I64AtomicRmw8CmpxchgU, atomicCompareExchange(instruction, m.i8, m.i64))
LOWER(I64AtomicRmw16CmpxchgU,
      atomicCompareExchange(instruction, b.getInt16Ty(), m.i64))
LOWER(I64AtomicRmw32CmpxchgU, atomicCompareExchange(instruction, m.i32, m.i64))

/// The seven widths of a read-modify-write.
#define MODIFY(name, op)                                                       \
  LOWER(I32AtomicRmw##name,                                                    \
        atomicModify(instruction, llvm::AtomicRMWInst::op, m.i32, m.i32))      \
  LOWER(I64AtomicRmw##name,                                                    \
        atomicModify(instruction, llvm::AtomicRMWInst::op, m.i64, m.i64))      \
  LOWER(I32AtomicRmw8##name##U,                                                \
        atomicModify(instruction, llvm::AtomicRMWInst::op, m.i8, m.i32))       \
  LOWER(I32AtomicRmw16##name##U,                                               \
        atomicModify(instruction, llvm::AtomicRMWInst::op, b.getInt16Ty(),     \
                     m.i32))                                                   \
  LOWER(I64AtomicRmw8##name##U,                                                \
        atomicModify(instruction, llvm::AtomicRMWInst::op, m.i8, m.i64))       \
  LOWER(I64AtomicRmw16##name##U,                                               \
        atomicModify(instruction, llvm::AtomicRMWInst::op, b.getInt16Ty(),     \
                     m.i64))                                                   \
  LOWER(I64AtomicRmw32##name##U,                                               \
        atomicModify(instruction, llvm::AtomicRMWInst::op, m.i32, m.i64))
MODIFY(Add, Add)
MODIFY(Sub, Sub)
MODIFY(And, And)
MODIFY(Or, Or)
MODIFY(Xor, Xor)
MODIFY(Xchg, Xchg)
