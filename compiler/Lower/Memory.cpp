// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Loads, stores, memory.size and memory.grow (Core 3.0, 4.6.8). `address` is
// the only place that turns a guest address into a host address.

#include "Lower/FunctionLowering.h"
#include "llvm/IR/Intrinsics.h"

using namespace moat;

/// An index of a memory or table as 64 bits.
llvm::Value *FunctionLowering::toAddress(llvm::Value *index, bool is64) {
  // Zero extension is what keeps a guest's i32 from reaching below the memory's
  // base.
  return is64 ? index : b.CreateZExt(index, m.i64);
}

/// Of a shared memory, which another thread may grow meanwhile, it is read once
/// and whole.
llvm::LoadInst *FunctionLowering::memorySize(uint32_t memory) {
  llvm::LoadInst *size = m.loadField(b, m.i64, m.places->memory(b, memory),
                                     offsetof(abi::Memory, sizeBytes));
  if (isShared(memory))
    size->setAtomic(llvm::AtomicOrdering::Unordered);
  return size;
}

/// Guards catch what 32 bits of address and 32 of offset can reach, and pages
/// of the host's own size or a multiple of it.
bool FunctionLowering::isChecked(uint32_t memory) const {
  return is64(memory) || m.module.memories[memory].type.pageSizeLog2 != 16 ||
         m.options.bounds == BoundsChecks::Checked;
}

/// Traps unless \p index + \p pastIndex, a constant, is at most the memory's
/// size. A memory never shrinks, so where even its smallest size is that large,
/// one comparison is enough: with a difference that is the same for all of a
/// loop's accesses with that offset, and cannot wrap. Else the size is first
/// compared with the constant, which leaves a loop too.
void FunctionLowering::checkBounds(uint32_t memory, llvm::Value *index,
                                   uint64_t pastIndex) {
  const MemoryType &type = m.module.memories[memory].type;
  llvm::Value *size = memorySize(memory), *past = b.getInt64(pastIndex);
  // Neither the limit nor the shift can be past 64 bits: the validator bounds
  // the pages.
  bool isAlwaysSo =
      type.limits.min >= ((pastIndex - 1) >> type.pageSizeLog2) + 1;
  if (!isAlwaysSo)
    m.trapIf(b, b.CreateICmpULT(size, past), TrapKind::OutOfBoundsMemory);
  llvm::Value *last = b.CreateSub(size, past, "", /*HasNUW=*/true);
  m.trapIf(b, b.CreateICmpUGT(index, last), TrapKind::OutOfBoundsMemory);
}

/// The sum of a 32-bit address and a 32-bit offset is below 2^33. Where the
/// memory is guarded, all of that is reserved and a fault becomes the trap;
/// else it is compared with the size. `nuw` and `nusw` hold by the same bound,
/// or by the check (the vectorizer takes pairs and triples apart by the
/// latter); `inbounds` would be wrong, and so would any type that tells LLVM
/// how much of the memory may be touched.
llvm::Value *FunctionLowering::address(llvm::Value *guest, const MemArg &memArg,
                                       uint32_t sizeBytes) {
  llvm::Value *base = m.places->memoryBase(b, memArg.memory);
  llvm::Value *index = toAddress(guest, is64(memArg.memory));
  auto noWrap = llvm::GEPNoWrapFlags::noUnsignedSignedWrap() |
                llvm::GEPNoWrapFlags::noUnsignedWrap();
  if (isChecked(memArg.memory)) {
    uint64_t pastIndex = memArg.offset + sizeBytes;
    if (pastIndex <
        memArg.offset) // past every memory; what follows is dead code
      m.trapIf(b, b.getTrue(), TrapKind::OutOfBoundsMemory);
    else
      checkBounds(memArg.memory, index, pastIndex);
  }
  if (!m.options.optimizing || function->hasOptNone()) {
    // Fast instruction selection folds an offset of the base, but not of the
    // index; and it folds any constant into a symbol's address, even past what
    // a relocation can hold.
    constexpr uint64_t maxFolded = 16 << 20;
    auto *constant = llvm::dyn_cast<llvm::ConstantInt>(index);
    bool isFar =
        memArg.offset >= maxFolded ||
        (constant && constant->getValue().uge(maxFolded - memArg.offset));
    if (isFar && llvm::isa<llvm::Constant>(base))
      base = m.loadField(b, m.ptr, m.places->memory(b, memArg.memory),
                         offsetof(abi::Memory, base), /*isInvariant=*/true);
    base = b.CreateGEP(m.i8, base, b.getInt64(memArg.offset), "", noWrap);
    return b.CreateGEP(m.i8, base, index, "", noWrap);
  }
  // What a check lets pass is below 2^63.
  if (memArg.offset != 0)
    index = b.CreateAdd(index, b.getInt64(memArg.offset), "", /*HasNUW=*/true,
                        /*HasNSW=*/!is64(memArg.memory));
  return b.CreateGEP(m.i8, base, index, "", noWrap);
}

Region FunctionLowering::regionOf(uint32_t memory) const {
  return isChecked(memory) || isShared(memory) ? Region::Guest
                                               : Region::Guarded;
}

void FunctionLowering::load(const Instruction &instruction,
                            llvm::Type *memoryType, llvm::Type *type,
                            bool isSigned) {
  uint32_t sizeBytes = memoryType->getPrimitiveSizeInBits().getFixedValue() / 8;
  llvm::Value *from = address(pop(), instruction.memArg, sizeBytes);
  llvm::LoadInst *value =
      b.CreateAlignedLoad(memoryType, from, llvm::Align(1),
                          /*isVolatile=*/m.options.strictTraps);
  m.setRegion(value, regionOf(instruction.memArg.memory));
  llvm::Value *extended = value;
  if (memoryType != type)
    extended = isSigned ? b.CreateSExt(value, type) : b.CreateZExt(value, type);
  // To LLVM a load that races with a store is undefined: any value, and another
  // one at each use. What is checked has to be what is used.
  if (isShared(instruction.memArg.memory))
    extended = b.CreateFreeze(extended);
  push(extended);
}

void FunctionLowering::store(const Instruction &instruction,
                             llvm::Type *memoryType) {
  llvm::Value *value = pop();
  uint32_t sizeBytes = memoryType->getPrimitiveSizeInBits().getFixedValue() / 8;
  llvm::Value *to = address(pop(), instruction.memArg, sizeBytes);
  if (value->getType() != memoryType)
    value = b.CreateTrunc(value, memoryType);
  m.setRegion(
      b.CreateAlignedStore(value, to, llvm::Align(1), m.options.strictTraps),
      regionOf(instruction.memArg.memory));
}

#define LOWER(name, ...)                                                       \
  void FunctionLowering::lower##name(const Instruction &instruction) {         \
    __VA_ARGS__;                                                               \
  }

LOWER(I32Load, load(instruction, m.i32, m.i32, false))
LOWER(I64Load, load(instruction, m.i64, m.i64, false))
LOWER(F32Load, load(instruction, b.getFloatTy(), b.getFloatTy(), false))
LOWER(F64Load, load(instruction, b.getDoubleTy(), b.getDoubleTy(), false))
LOWER(I32Load8S, load(instruction, m.i8, m.i32, true))
LOWER(I32Load8U, load(instruction, m.i8, m.i32, false))
LOWER(I32Load16S, load(instruction, b.getInt16Ty(), m.i32, true))
LOWER(I32Load16U, load(instruction, b.getInt16Ty(), m.i32, false))
LOWER(I64Load8S, load(instruction, m.i8, m.i64, true))
LOWER(I64Load8U, load(instruction, m.i8, m.i64, false))
LOWER(I64Load16S, load(instruction, b.getInt16Ty(), m.i64, true))
LOWER(I64Load16U, load(instruction, b.getInt16Ty(), m.i64, false))
LOWER(I64Load32S, load(instruction, m.i32, m.i64, true))
LOWER(I64Load32U, load(instruction, m.i32, m.i64, false))

LOWER(I32Store, store(instruction, m.i32))
LOWER(I64Store, store(instruction, m.i64))
LOWER(F32Store, store(instruction, b.getFloatTy()))
LOWER(F64Store, store(instruction, b.getDoubleTy()))
LOWER(I32Store8, store(instruction, m.i8))
LOWER(I32Store16, store(instruction, b.getInt16Ty()))
LOWER(I64Store8, store(instruction, m.i8))
LOWER(I64Store16, store(instruction, b.getInt16Ty()))
LOWER(I64Store32, store(instruction, m.i32))

/// An i64 count or index as the index type of its memory or table.
void FunctionLowering::pushIndex(llvm::Value *value, bool is64) {
  push(is64 ? value : b.CreateTrunc(value, m.i32));
}

void FunctionLowering::lowerMemorySize(const Instruction &instruction) {
  uint8_t pageSizeLog2 = m.module.memories[instruction.index].type.pageSizeLog2;
  llvm::LoadInst *size = memorySize(instruction.index);
  if (isShared(instruction.index)) // threads.md, Resizing
    size->setAtomic(llvm::AtomicOrdering::SequentiallyConsistent);
  pushIndex(b.CreateLShr(size, pageSizeLog2), is64(instruction.index));
}

void FunctionLowering::lowerMemoryGrow(const Instruction &instruction) {
  llvm::Value *delta = toAddress(pop(), is64(instruction.index));
  llvm::Value *old = m.callBuiltin(
      b,
      isShared(instruction.index) ? Builtin::memory_grow_shared
                                  : Builtin::memory_grow,
      {m.places->instance(b), m.places->memory(b, instruction.index), delta});
  pushIndex(old, is64(instruction.index));
}
