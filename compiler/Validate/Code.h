// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The typing of instruction sequences: a stack of operand types, a stack of
// control frames, and a rule for each instruction (Core 3.0, 3.4 Instructions
// and appendix A.5 Validation Algorithm). Function bodies and constant
// expressions are judged by it. Private to Validate.

#pragma once

#include "Decode/Instructions.h"
#include "Wasm/Features.h"
#include "Wasm/Module.h"
#include "llvm/ADT/DenseSet.h"

namespace moat {

/// The types of a block, referred to and not copied: of a function type of the
/// module, or of one value.
class BlockSignature {
public:
  BlockSignature() = default;
  explicit BlockSignature(const FuncType &func) : func(&func) {}
  explicit BlockSignature(ValType result) : value(result), hasValue(true) {}

  ArrayRef<ValType> params() const {
    return func ? ArrayRef<ValType>(func->params) : ArrayRef<ValType>();
  }
  /// Valid as long as this object stays where it is.
  ArrayRef<ValType> results() const {
    if (func)
      return func->results;
    return hasValue ? ArrayRef<ValType>(value) : ArrayRef<ValType>();
  }

private:
  const FuncType *func = nullptr;
  ValType value;
  bool hasValue = false;
};

/// The types of a function's locals, parameters first. Memory is in proportion
/// to the body: runs of locals that are too long for it are not spread out.
class LocalTypes {
public:
  LocalTypes() = default;
  LocalTypes(const FuncType &type, ArrayRef<LocalRun> runs,
             size_t bodySizeBytes);

  uint32_t count() const { return total; }
  /// Of a local below count.
  ValType operator[](uint32_t index) const {
    return index < spread.size() ? spread[index] : findInRuns(index);
  }

private:
  ValType findInRuns(uint32_t index) const;

  std::vector<ValType> spread; ///< of the first locals
  struct RunEnd {
    uint32_t end; ///< index of the first local behind the run
    ValType type;
  };
  std::vector<RunEnd>
      runs; ///< without the parameters; empty if all are spread out
  uint32_t total = 0;
};

/// Types one instruction after another. Keeps its first fault; what it does
/// after that has no meaning, but does no harm.
class CodeValidator {
public:
  /// For a function's body.
  CodeValidator(const Module &module, const FeatureSet &features,
                const FuncType &type, LocalTypes locals);
  /// For an expression with one result.
  CodeValidator(const Module &module, const FeatureSet &features,
                ValType result);

  void validate(const Instruction &instruction);

  /// The last `end` has been read.
  bool isFinished() const { return frames.empty(); }
  bool failed() const { return !fault.empty(); }
  /// What is wrong, in the specification's words.
  const std::string &faultText() const { return fault; }
  void fail(const Twine &text);

private:
  struct Frame {
    Opcode
        opcode; ///< that began it, or its present part: If, Else, Try, Catch …
    bool isUnreachable = false;
    BlockSignature signature;
    uint32_t height = 0;     ///< of the operand stack below it
    uint32_t initHeight = 0; ///< of initializations below it
    uint32_t brTable = 0; ///< the number of the last br_table that checked it
  };

  // Operands.cpp: the stacks.
  void push(ValType type);
  void push(ArrayRef<ValType> types);
  ValType pop();
  void pop(ValType expected);
  void pop(ArrayRef<ValType> expected);
  /// Pops a reference; bottom becomes the non-null reference to bottomHeap.
  ValType popRef();
  void checkTop(ArrayRef<ValType> expected);
  void failStackLimit();
  void checkMatch(ArrayRef<ValType> sub, ArrayRef<ValType> super);
  void mismatch(ValType expected, ValType found);
  void mismatchEmpty(const Twine &expected);
  void setUnreachable();
  void pushFrame(Opcode opcode, const BlockSignature &signature);
  /// Checks that exactly the results are left, and takes them away.
  void finishFrame();
  void restartFrame(Opcode opcode);
  ArrayRef<ValType> labelTypes(uint32_t label) const;
  ArrayRef<ValType> returnTypes() const {
    return frames.front().signature.results();
  }

  // Function.cpp: instructions.
  void checkImmediates(const Instruction &instruction, const OpcodeInfo &row);
  void checkMemArg(const MemArg &memArg, const OpcodeInfo &row);
  void checkLane(uint64_t lane, unsigned count);
  void checkIndex(uint32_t index, size_t count, const char *what);
  void checkMemory(uint32_t index, unsigned position);
  void checkTable(uint32_t index, unsigned position);
  void checkDataSegment(uint32_t index);
  void checkType(ValType type);
  bool checkLabel(uint32_t label);
  BlockSignature blockSignature(const BlockType &blockType);
  const FuncType *funcTypeAt(uint32_t typeIndex);
  void applySignature(const Signature &signature);
  void validateSpecial(const Instruction &instruction);
  void validateBlock(const Instruction &instruction);
  void validateElse();
  void validateEnd();
  void validateBrIf(uint32_t label);
  void validateBrTable(ArrayRef<uint32_t> labels);
  void validateBrOnNull(uint32_t label);
  void validateBrOnNonNull(uint32_t label);
  void validateBrOnCast(const Instruction &instruction);
  void validateCall(const FuncType &type);
  void validateReturnCall(const FuncType &type);
  void validateTryTable(const Instruction &instruction);
  void validateCatch(uint32_t tag);
  void validateCatchAll();
  void validateDelegate(uint32_t label);
  void validateRethrow(uint32_t label);
  void validateSelect();
  void validateLocalGet(uint32_t index);
  void validateLocalSet(uint32_t index);
  void validateRefFunc(uint32_t index);

  // Aggregate.cpp: structures, arrays, casts.
  void validateAggregate(const Instruction &instruction);
  const SubType *typeAt(uint32_t index, SubType::Kind kind, const char *what);
  const FieldType *fieldAt(const Instruction &instruction, const SubType &type);
  void checkPacking(const FieldType &field, Opcode opcode);
  void validateStructGet(const Instruction &instruction);
  void validateStructSet(const Instruction &instruction);
  void validateStructNew(const Instruction &instruction);
  void validateArrayNew(const Instruction &instruction);
  void validateArrayNewFixed(const Instruction &instruction);
  void validateArrayFromSegment(const Instruction &instruction);
  void validateArrayGet(const Instruction &instruction);
  void validateArrayWrite(const Instruction &instruction);
  void validateArrayCopy(const Instruction &instruction);
  void validateCast(ValType target, ValType result);
  void validateConvert(AbstractHeap from, AbstractHeap to);

  const Module &module;
  const FeatureSet &features;
  const bool isConstant; ///< an expression outside of functions
  LocalTypes locals;
  std::vector<ValType> operands;
  std::vector<Frame> frames;
  /// Locals without a default value that have been set, and the order in which
  /// they were (Core 3.0, appendix A.5: init stack).
  llvm::DenseSet<uint32_t> initialized;
  std::vector<uint32_t> initializations;
  /// The index types that Addr stands for in the present instruction's
  /// signature.
  ValType addrTypes[3];
  uint32_t brTableCount = 0;
  std::string fault;
};

/// Judges a constant expression (Core 3.0, 3.4.13 Expressions). Its
/// global.get may name globals below \p globalCount only.
Error validateConstExpr(const Module &module, const FeatureSet &features,
                        Range expr, ValType type, uint32_t globalCount);

} // namespace moat
