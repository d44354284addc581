// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The lowering of one function body: the operand stack holds LLVM values,
// locals are slots in the entry block (which the optimizer promotes), and the
// control stack holds the frames of open blocks. Each instruction family has a
// file with a `lower<Name>` for each of its rows in Opcodes.def; a row without
// a body does not link.
//
// Code that cannot be reached is not lowered: after an instruction that does
// not fall through, everything up to the matching `else` or `end` is skipped.

#pragma once

#include "Decode/Instructions.h"
#include "Lower/ModuleLowering.h"

namespace moat {

/// How an instruction divides the 128 bits of a vector into lanes.
enum class Shape : uint8_t { I8x16, I16x8, I32x4, I64x2, F32x4, F64x2 };

class FunctionLowering {
public:
  FunctionLowering(ModuleLowering &lowering, llvm::Function *function);

  /// Lowers the whole body of \p functionIndex.
  void lowerBody(uint32_t functionIndex);
  /// Lowers a constant expression at the end of \p block; returns its value,
  /// and in \p block where code goes on.
  llvm::Value *lowerExpression(Range expression, llvm::BasicBlock *&block);

private:
  /// An open block (Core 3.0, appendix Validation Algorithm: control frame).
  struct Frame {
    enum Kind : uint8_t {
      Function,
      Block,
      Loop,
      If,
      Else,
      TryTable,
      Try,
      Clause
    };
    Kind kind = Block;
    BlockType type;
    uint32_t height = 0; ///< of the operand stack below the parameters
    llvm::BasicBlock *target =
        nullptr; ///< the label's; null while nobody branches there
    SmallVector<llvm::PHINode *, 2>
        phis; ///< what branches pass, once there is a target
    llvm::BasicBlock *otherwise = nullptr;         ///< If: the else branch
    SmallVector<llvm::Value *, 2> otherwiseValues; ///< If: the parameters there
    // Of try blocks; null while nothing inside can throw.
    llvm::BasicBlock *landing = nullptr; ///< where calls unwind to
    llvm::BasicBlock *handler = nullptr; ///< where exceptions go
    llvm::Value *exception = nullptr;    ///< the phi there
    llvm::BasicBlock *unmatched =
        nullptr; ///< Clause: where those go that none took so far
    SmallVector<Catch, 2> catches; ///< TryTable
  };

  using Values = SmallVector<llvm::Value *, 4>;

  // Function.cpp: the stacks and the dispatch.
  void lowerCode(Range code);
  void lowerInstruction(const Instruction &instruction);
  void createLocals(const FuncType &type, const FunctionBody &body);
  void skipUnreachable(InstructionReader &reader);
  void push(llvm::Value *value) { operands.push_back(value); }
  llvm::Value *pop() { return operands.pop_back_val(); }
  Values popMany(size_t count);
  llvm::Value *zero(ValType type) const;

  // Control.cpp.
  ArrayRef<ValType> parameters(const Frame &frame) const;
  ArrayRef<ValType> results(const Frame &frame) const;
  ArrayRef<ValType> labelTypes(const Frame &frame) const;
  Frame &frameAt(uint32_t label) { return frames[frames.size() - 1 - label]; }
  void openFrame(Frame::Kind kind, const BlockType &type);
  void closeFrame();
  llvm::BasicBlock *labelTarget(Frame &frame);
  void passTo(Frame &frame, ArrayRef<llvm::Value *> values);
  void branchTo(Frame &frame);
  void startElse();
  void terminate() { isReachable = false; }
  llvm::BasicBlock *createBlock();
  void branchIf(llvm::Value *condition, Frame &frame,
                llvm::MDNode *weights = nullptr);
  llvm::MDNode *branchWeights(const Instruction &instruction) const;
  void lowerCall(const Callee &callee, const FuncType &type);
  Callee indirectCallee(const Instruction &instruction);

  // TailCall.cpp and FunctionReference.cpp.
  void lowerTailCall(const Callee &callee, const FuncType &type);
  Callee popCallee(uint32_t typeIndex);

  // Exception.cpp.
  int handlerFrame(size_t depth) const;
  llvm::BasicBlock *handlerBlock(Frame &frame);
  llvm::BasicBlock *landingPad();
  void throwFrom(size_t depth, llvm::Value *exception);
  const FuncType &tagType(uint32_t tag) const;
  Values payload(llvm::Value *exception, uint32_t tag);
  llvm::BasicBlock *testTag(llvm::Value *exception, uint32_t tag);
  void lowerCatches();
  bool startClause();
  void lowerUnmatched();
  void delegateUnmatched(size_t depth);

  // Variable.cpp.
  /// An i32 of wasm as a condition: true unless zero.
  llvm::Value *truth(llvm::Value *value);
  void keepTrap(llvm::Value *dropped);

  // Numeric.cpp and Convert.cpp.
  void binary(llvm::Instruction::BinaryOps op);
  void floatBinary(llvm::Instruction::BinaryOps op);
  void compare(llvm::CmpInst::Predicate predicate);
  void intrinsic(llvm::Intrinsic::ID id);
  void binaryIntrinsic(llvm::Intrinsic::ID id);
  void shift(llvm::Instruction::BinaryOps op);
  void rotate(llvm::Intrinsic::ID id);
  void divide(llvm::Instruction::BinaryOps op);
  void eqz();
  llvm::Value *quieted(llvm::Value *value);
  void truncate(llvm::Type *to, bool isSigned);
  void truncateSaturating(llvm::Type *to, bool isSigned);
  void signExtend(llvm::Type *from);
  void cast(llvm::Instruction::CastOps op, llvm::Type *to);

  // WideArithmetic.cpp.
  llvm::Value *popWide();
  void pushWide(llvm::Value *value);
  void wideBinary(llvm::Instruction::BinaryOps op);
  void multiplyWide(llvm::Instruction::CastOps extension);

  // Memory.cpp: the one place that forms addresses.
  /// The host address of an access of \p sizeBytes; traps or faults if any of
  /// it is out of bounds.
  llvm::Value *address(llvm::Value *guest, const MemArg &memArg,
                       uint32_t sizeBytes);
  void load(const Instruction &instruction, llvm::Type *memoryType,
            llvm::Type *type, bool isSigned);
  void store(const Instruction &instruction, llvm::Type *memoryType);
  llvm::Value *toAddress(llvm::Value *index, bool is64);
  bool is64(uint32_t memory) const {
    return m.module.memories[memory].type.limits.is64;
  }
  bool isShared(uint32_t memory) const {
    return m.module.memories[memory].type.limits.isShared;
  }
  bool isChecked(uint32_t memory) const;
  Region regionOf(uint32_t memory) const;
  void checkBounds(uint32_t memory, llvm::Value *index, uint64_t pastIndex);
  llvm::LoadInst *memorySize(uint32_t memory);
  void checkRange(llvm::Value *begin, llvm::Value *count, llvm::Value *size,
                  TrapKind kind);
  void copyBytes(llvm::Value *to, llvm::Value *from, llvm::Value *count);

  // Atomic.cpp.
  llvm::Value *atomicAddress(llvm::Value *guest, const MemArg &memArg,
                             uint32_t sizeBytes);
  void atomicLoad(const Instruction &instruction, llvm::Type *memoryType,
                  llvm::Type *type);
  void atomicStore(const Instruction &instruction, llvm::Type *memoryType);
  void atomicModify(const Instruction &instruction,
                    llvm::AtomicRMWInst::BinOp op, llvm::Type *memoryType,
                    llvm::Type *type);
  void atomicCompareExchange(const Instruction &instruction,
                             llvm::Type *memoryType, llvm::Type *type);
  void atomicWait(const Instruction &instruction, Builtin builtin);

  // Vector.cpp: a v128 as lanes, and the instructions that move them.
  using enum Shape;
  llvm::FixedVectorType *lanesOf(Shape shape) const;
  llvm::Value *asLanes(llvm::Value *value, llvm::Type *lanes);
  llvm::Value *popLanes(Shape shape);
  void pushLanes(llvm::Value *lanes);
  /// Makes lanes of the \p count operands at the top.
  void viewTop(Shape shape, size_t count);
  llvm::Value *maskOf(llvm::Value *condition, Shape shape);
  llvm::Value *swizzle(llvm::Value *value, llvm::Value *indices);
  void splat(Shape shape);
  void extractLane(Shape shape, uint64_t lane, bool isSigned);
  void replaceLane(Shape shape, uint64_t lane);
  llvm::Value *bitselect(llvm::Value *first, llvm::Value *second,
                         llvm::Value *mask);
  void combine(llvm::Instruction::BinaryOps op);
  void allTrue(Shape shape);
  void bitmask(Shape shape);

  // VectorMemory.cpp.
  void loadExtended(const Instruction &instruction, Shape shape, bool isSigned);
  void loadSplat(const Instruction &instruction, Shape shape);
  void loadZero(const Instruction &instruction, Shape shape);
  void loadLane(const Instruction &instruction, Shape shape);
  void storeLane(const Instruction &instruction, Shape shape);

  // VectorNumeric.cpp.
  void compareLanes(Shape shape, llvm::CmpInst::Predicate predicate);
  void shiftLanes(Shape shape, llvm::Instruction::BinaryOps op);
  void negateLanes(Shape shape);
  void absoluteLanes(Shape shape);
  void average(Shape shape);
  llvm::Value *minMax(Shape shape, llvm::Value *left, llvm::Value *right,
                      bool isMin);
  void minMax(Shape shape, bool isMin);
  void pseudoMinMax(Shape shape, bool isMin);
  llvm::Value *extend(llvm::Value *value, bool isSigned);
  llvm::Value *extendHalf(llvm::Value *value, bool isHigh, bool isSigned);
  void extendLanes(Shape from, bool isHigh, bool isSigned);
  void multiplyExtended(Shape from, bool isHigh, bool isSigned);
  llvm::Value *addPairs(llvm::Value *value, bool isSigned);
  void addPairs(Shape from, bool isSigned);
  void narrow(Shape from, bool isSigned);
  llvm::Value *dot(llvm::Value *left, llvm::Value *right);
  void q15multiply(bool isSaturating);
  llvm::Value *lowHalf(llvm::Value *value);
  llvm::Value *withZeros(llvm::Value *half);
  llvm::Value *truncateF32S(llvm::Value *value);
  llvm::Value *truncateF32U(llvm::Value *value);
  llvm::Value *truncateF64S(llvm::Value *value);
  llvm::Value *truncateF64U(llvm::Value *value);

  // RelaxedVector.cpp.
  bool isRelaxed() const { return !m.options.deterministicSimd; }
  void
  relaxedTruncate(Shape from, llvm::Intrinsic::ID id, bool isSigned,
                  llvm::Value *(FunctionLowering::*saturating)(llvm::Value *));
  void multiplyAdd(Shape shape, bool isNegated);
  void laneSelect(Shape shape);
  void relaxedMinMax(Shape shape, bool isMin);
  llvm::Value *relaxedDot(llvm::Value *left, llvm::Value *right);

  // Table.cpp.
  bool tableIs64(uint32_t table) const {
    return m.module.tables[table].type.limits.is64;
  }
  llvm::Value *element(uint32_t table, llvm::Value *index, TrapKind kind);
  void pushIndex(llvm::Value *value, bool is64);

  // Cast.cpp.
  ValType staticType(llvm::Value *reference) const;
  /// Says of a value that it is of \p type wherever it occurs.
  void noteType(llvm::Value *value, ValType type);
  void requireNonNull(llvm::Value *reference, TrapKind kind);
  llvm::Value *isObject(llvm::Value *reference);
  llvm::Value *testType(llvm::Value *reference, ValType target);
  llvm::Value *hasKind(llvm::Value *identity, AbstractHeap heap);
  void refTest(ValType target);
  void refCast(ValType target);
  void invertHostBit();
  llvm::Value *popI31();

  // Object.cpp.
  llvm::Value *allocate(uint32_t typeIndex, llvm::Value *sizeBytes);
  llvm::Type *storageType(const FieldType &field) const;
  void storeStorage(llvm::Value *value, llvm::Value *place, uint32_t typeIndex,
                    uint32_t field, bool isVolatile);
  void pushStorage(llvm::Value *place, uint32_t typeIndex, uint32_t field,
                   bool isSigned);
  llvm::Value *fieldPlace(llvm::Value *object, uint32_t typeIndex,
                          uint32_t field);
  void newStruct(uint32_t typeIndex, ArrayRef<llvm::Value *> values);
  void structGet(const Instruction &instruction, bool isSigned);

  // Array.cpp.
  llvm::Value *arrayLength(llvm::Value *array);
  uint64_t elementBytes(uint32_t typeIndex) const;
  llvm::Value *elementPlace(llvm::Value *array, uint32_t typeIndex,
                            llvm::Value *index);
  llvm::Value *checkedElement(llvm::Value *array, uint32_t typeIndex,
                              llvm::Value *index);
  void checkArrayRange(llvm::Value *array, llvm::Value *begin,
                       llvm::Value *count);
  llvm::Value *newArray(uint32_t typeIndex, llvm::Value *count);
  void fillElements(llvm::Value *place, uint32_t typeIndex, llvm::Value *value,
                    llvm::Value *count);
  void copyElements(llvm::Value *to, llvm::Value *from, uint32_t typeIndex,
                    llvm::Value *count);
  void copyData(llvm::Value *to, llvm::Value *from, uint32_t typeIndex,
                llvm::Value *count);
  llvm::Value *popCount();
  llvm::Value *checkedData(const Instruction &instruction, llvm::Value *offset,
                           llvm::Value *count);
  llvm::Value *checkedElements(const Instruction &instruction,
                               llvm::Value *offset, llvm::Value *count);
  void arrayGet(const Instruction &instruction, bool isSigned);

// Rows of families that are built declare their function here; a family that is
// not has an empty macro, and a feature that is not built keeps its rows out of
// validated modules.
#define MOAT_FAMILY_Control(X) X
#define MOAT_FAMILY_Variable(X) X
#define MOAT_FAMILY_Numeric(X) X
#define MOAT_FAMILY_Convert(X) X
#define MOAT_FAMILY_Memory(X) X
#define MOAT_FAMILY_BulkMemory(X) X
#define MOAT_FAMILY_Table(X) X
#define MOAT_FAMILY_Reference(X) X
#define MOAT_FAMILY_TailCall(X) X
#define MOAT_FAMILY_Vector(X) X
#define MOAT_FAMILY_RelaxedVector(X) X
#define MOAT_FAMILY_Exception(X) X
#define MOAT_FAMILY_LegacyException(X) X
#define MOAT_FAMILY_FunctionReference(X) X
#define MOAT_FAMILY_Gc(X) X
#define MOAT_FAMILY_Atomic(X) X
#define MOAT_FAMILY_WideArithmetic(X) X
#define OP(name, text, prefix, sub, immediates, signature, feature, family)    \
  MOAT_FAMILY_##family(void lower##name(const Instruction &instruction);)
#include "Wasm/Opcodes.def"

  ModuleLowering &m;
  llvm::Function *function;
  Builder b;
  const FuncType *type = nullptr;
  SmallVector<llvm::Value *, 32> operands;
  std::vector<Frame> frames;
  std::vector<llvm::AllocaInst *> locals;
  std::vector<ValType> localTypes;
  /// Static types of values, where something is known. The types of operands
  /// would be more exact, but nothing else asks for them.
  llvm::DenseMap<llvm::Value *, ValType> staticTypes;
  bool isReachable = true;
  bool isConstantExpression = false;
  /// Where tail calls may move the arguments of what is called, and with them
  /// the stack pointer that the unwinder finds: what it is in this function's
  /// body.
  llvm::AllocaInst *savedStack = nullptr;
  ArrayRef<BranchHint> hints; ///< in the order of the instructions
  uint64_t bodyOffset = 0;    ///< that hints count from, in the module
};

} // namespace moat
