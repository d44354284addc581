// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The instruction stream that the validator and the lowering share: reads one
// opcode and its immediates after another (Core 3.0, 5.4 Instructions), driven
// by the immediates column of Opcodes.def. It knows no typing rules and does
// not recurse.

#pragma once

#include "Decode/Reader.h"
#include "Wasm/Module.h"
#include "Wasm/Opcodes.h"

namespace moat {

/// The type of a block, a loop, an if or a try.
struct BlockType {
  enum Kind : uint8_t { Empty, Value, Index } kind = Empty;
  ValType value;          ///< of Value: the only result
  uint32_t typeIndex = 0; ///< of Index: a function type
};

/// An alignment and an offset (Core 3.0, 5.4.5 Memory Instructions).
struct MemArg {
  uint32_t alignLog2 = 0;
  uint32_t memory = 0;
  uint64_t offset = 0;
};

/// A clause of try_table.
struct Catch {
  enum Kind : uint8_t { One, OneRef, All, AllRef } kind = One;
  uint32_t tag = 0;
  uint32_t label = 0;
};

struct Instruction {
  Opcode opcode = Opcode::Unreachable;
  /// Of the opcode's first byte, from the start of the module.
  uint64_t offset = 0;

  // Immediates; the opcode's row in Opcodes.def says which are set, and
  // Immediates what they are.

  /// Label, function, type, local, global, table, memory, segment or tag; of
  /// copies the destination.
  uint32_t index = 0;
  /// call_indirect, table.init, memory.init: table or memory. Copies: the
  /// source. struct.get, struct.set: field. array.new_fixed: length.
  /// array.new_data and the like: segment. br_on_cast: flags.
  uint32_t index2 = 0;
  MemArg memArg;
  /// i32.const and i64.const (sign-extended), f32.const, f64.const; a lane.
  uint64_t bits = 0;
  /// v128.const; the lanes of i8x16.shuffle.
  uint8_t bytes[16] = {};
  BlockType blockType;
  /// ref.null, ref.test, ref.cast; the source of br_on_cast.
  ValType type;
  /// The target of br_on_cast.
  ValType type2;

  // Lists; owned by the reader until its next call.

  /// br_table: all targets, the default last.
  ArrayRef<uint32_t> labels;
  /// try_table.
  ArrayRef<Catch> catches;
  /// select t: the types' vector, of length 1 in a valid module.
  ArrayRef<ValType> types;
};

/// Reads the instructions of one body or constant expression.
class InstructionReader {
public:
  /// \param code  the bytes from the first instruction on, the last `end`
  /// included
  explicit InstructionReader(Range code) : reader(code) {}

  /// Nothing is left, or reading has failed.
  bool atEnd() const { return reader.atEnd(); }
  /// Of the next instruction, in bytes from the start of the module.
  uint64_t offset() const { return reader.offset(); }

  /// Reads the next instruction; sets the opcode, the offset and the members
  /// that the opcode's immediates name, and leaves the others as they were.
  /// Fails with the specification's words (`unexpected end`, `illegal opcode`,
  /// `integer representation too long` …) if the bytes are malformed.
  Error read(Instruction &instruction);

  /// As read, for bytes that the validator has accepted.
  void readValidated(Instruction &instruction) {
    llvm::cantFail(read(instruction));
  }

private:
  void readBlockType(BlockType &blockType);
  void readMemArg(MemArg &memArg);
  void readLabels(Instruction &instruction);
  void readCatches(Instruction &instruction);
  void readSelectTypes(Instruction &instruction);
  void readBranchCast(Instruction &instruction);
  void readImmediates(Instruction &instruction, Immediates immediates);

  Reader reader;
  SmallVector<uint32_t, 16> labels;
  SmallVector<Catch, 4> catches;
  SmallVector<ValType, 1> types;
};

/// A run of locals of one type.
struct LocalRun {
  uint32_t count = 0;
  ValType type;
};

/// A defined function's local declarations, and its code behind them.
struct FunctionBody {
  SmallVector<LocalRun, 8> locals; ///< without the parameters
  Range code;
};

/// Reads the local declarations of \p function (Core 3.0, 5.5.13 Code Section).
/// Fails with `too many locals` past Limits.h and with the reader's errors.
Expected<FunctionBody> readFunctionBody(const Function &function);

} // namespace moat
