// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Instructions from bytes (Core 3.0, 5.4 Instructions): the opcode by a table,
// then the immediates that its row in Opcodes.def names. This is the inner loop
// of validation and of lowering at -O0, so it sets nothing that the row does
// not ask for.

#include "Decode/Instructions.h"
#include "Wasm/Limits.h"
#include "llvm/ADT/StringExtras.h"

using namespace moat;

namespace {

/// What the first byte of an opcode says.
struct FirstByte {
  Opcode opcode = Opcode::Unreachable;
  Immediates immediates = Immediates::None;
  bool isOpcode = false; ///< neither a prefix nor unknown
};

} // namespace

static consteval std::array<FirstByte, 256> makeFirstBytes() {
  std::array<FirstByte, 256> table;
  for (size_t i = 0; i < opcodeCount; ++i) {
    const OpcodeInfo &row = opcodeInfos[i];
    if (row.prefix == 0x00)
      table[row.sub] = {static_cast<Opcode>(i), row.immediates, true};
  }
  return table;
}
static constexpr std::array<FirstByte, 256> firstBytes = makeFirstBytes();

static bool isPrefix(uint8_t byte) { return byte >= 0xFB && byte <= 0xFE; }

LLVM_ATTRIBUTE_ALWAYS_INLINE void
InstructionReader::readImmediates(Instruction &instruction,
                                  Immediates immediates) {
  switch (immediates) {
  case Immediates::None:
    return;
  case Immediates::Block:
    return readBlockType(instruction.blockType);
  case Immediates::TryTable:
    readBlockType(instruction.blockType);
    return readCatches(instruction);
  case Immediates::Label:
  case Immediates::Function:
  case Immediates::Type:
  case Immediates::Local:
  case Immediates::Global:
  case Immediates::Tag:
  case Immediates::Table:
  case Immediates::Elem:
  case Immediates::Memory:
  case Immediates::Data:
    instruction.index = reader.u32();
    return;
  case Immediates::LabelTable:
    return readLabels(instruction);
  case Immediates::CallIndirect:
  case Immediates::TablePair:
  case Immediates::TableInit:
  case Immediates::MemoryPair:
  case Immediates::MemoryInit:
  case Immediates::Field:
  case Immediates::TypeLength:
  case Immediates::TypeData:
  case Immediates::TypeElem:
  case Immediates::TypePair:
    instruction.index = reader.u32();
    instruction.index2 = reader.u32();
    return;
  case Immediates::MemArg8:
  case Immediates::MemArg16:
  case Immediates::MemArg32:
  case Immediates::MemArg64:
  case Immediates::MemArg128:
    return readMemArg(instruction.memArg);
  case Immediates::MemArgLane8:
  case Immediates::MemArgLane16:
  case Immediates::MemArgLane32:
  case Immediates::MemArgLane64:
    readMemArg(instruction.memArg);
    instruction.bits = reader.byte();
    return;
  case Immediates::Lane2:
  case Immediates::Lane4:
  case Immediates::Lane8:
  case Immediates::Lane16:
    instruction.bits = reader.byte();
    return;
  case Immediates::Shuffle:
  case Immediates::V128:
    return reader.copy(instruction.bytes, sizeof(instruction.bytes));
  case Immediates::I32:
    instruction.bits = static_cast<uint64_t>(int64_t(reader.s32()));
    return;
  case Immediates::I64:
    instruction.bits = static_cast<uint64_t>(reader.s64());
    return;
  case Immediates::F32:
    instruction.bits = reader.fixed32();
    return;
  case Immediates::F64:
    instruction.bits = reader.fixed64();
    return;
  case Immediates::SelectTypes:
    return readSelectTypes(instruction);
  case Immediates::HeapType:
  case Immediates::CastNull:
    instruction.type = ValType::ref(reader.heapType(), /*nullable=*/true);
    return;
  case Immediates::Cast:
    instruction.type = ValType::ref(reader.heapType(), /*nullable=*/false);
    return;
  case Immediates::BranchCast:
    return readBranchCast(instruction);
  case Immediates::Fence:
    if (uint64_t start = reader.offset(); reader.byte() != 0)
      reader.fail(start, "zero byte expected");
    return;
  }
}

Error InstructionReader::read(Instruction &instruction) {
  uint64_t start = reader.offset();
  uint8_t first = reader.byte();
  const FirstByte &entry = firstBytes[first];
  instruction.offset = start;
  if (LLVM_LIKELY(entry.isOpcode)) {
    instruction.opcode = entry.opcode;
    readImmediates(instruction, entry.immediates);
  } else if (isPrefix(first)) {
    uint32_t sub = reader.u32();
    if (std::optional<Opcode> opcode = findOpcode(first, sub)) {
      instruction.opcode = *opcode;
      readImmediates(instruction, info(*opcode).immediates);
    } else {
      reader.fail(start, "illegal opcode " + llvm::utohexstr(first, true) +
                             " " + Twine(sub));
    }
  } else {
    reader.fail(start, "illegal opcode " + llvm::utohexstr(first, true, 2));
  }
  if (LLVM_UNLIKELY(reader.failed()))
    return reader.takeError();
  return Error::success();
}

/// Core 3.0, 5.4.2 Control Instructions, block types: empty, a value type, or a
/// type index as a non-negative 33-bit integer.
void InstructionReader::readBlockType(BlockType &blockType) {
  uint8_t code = reader.peek();
  if (code == 0x40) {
    reader.byte();
    blockType.kind = BlockType::Empty;
    return;
  }
  // One byte of a negative integer begins a value type.
  if ((code & 0xC0) == 0x40) {
    blockType.kind = BlockType::Value;
    blockType.value = reader.valType();
    return;
  }
  uint64_t start = reader.offset();
  int64_t index = reader.s33();
  blockType.kind = BlockType::Index;
  if (index < 0)
    reader.fail(start, "malformed block type");
  else if (index >= limits::types)
    reader.fail(start, "unknown type " + Twine(index));
  else
    blockType.typeIndex = static_cast<uint32_t>(index);
}

/// Core 3.0, 5.4.5 Memory Instructions: bit 6 of the alignment says that a
/// memory index follows.
void InstructionReader::readMemArg(MemArg &memArg) {
  uint64_t start = reader.offset();
  uint32_t flags = reader.u32();
  if (LLVM_UNLIKELY(flags >= 0x80))
    return reader.fail(start, "malformed memop flags");
  memArg.alignLog2 = flags & 0x3F;
  memArg.memory = flags & 0x40 ? reader.u32() : 0;
  memArg.offset = reader.u64();
}

void InstructionReader::readLabels(Instruction &instruction) {
  uint32_t count = reader.count(UINT32_MAX, "labels");
  labels.clear();
  labels.reserve(size_t(count) + 1);
  for (size_t i = 0; i <= count; ++i)
    labels.push_back(reader.u32());
  instruction.labels = labels;
}

void InstructionReader::readCatches(Instruction &instruction) {
  uint32_t count = reader.count(UINT32_MAX, "catch clauses");
  catches.clear();
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t start = reader.offset();
    uint8_t kind = reader.byte();
    if (kind > Catch::AllRef)
      return reader.fail(start, "malformed catch clause");
    Catch clause;
    clause.kind = static_cast<Catch::Kind>(kind);
    if (clause.kind == Catch::One || clause.kind == Catch::OneRef)
      clause.tag = reader.u32();
    clause.label = reader.u32();
    if (reader.failed())
      return;
    catches.push_back(clause);
  }
  instruction.catches = catches;
}

void InstructionReader::readSelectTypes(Instruction &instruction) {
  uint32_t count = reader.count(UINT32_MAX, "types");
  types.clear();
  for (uint32_t i = 0; i < count && !reader.failed(); ++i)
    types.push_back(reader.valType());
  instruction.types = types;
}

/// Core 3.0, 5.4.2 Control Instructions, br_on_cast: bit 0 of the flags makes
/// the source nullable, bit 1 the target.
void InstructionReader::readBranchCast(Instruction &instruction) {
  uint64_t start = reader.offset();
  uint8_t flags = reader.byte();
  if (flags > 3)
    return reader.fail(start, "malformed cast flags");
  instruction.index2 = flags;
  instruction.index = reader.u32();
  instruction.type = ValType::ref(reader.heapType(), flags & 1);
  instruction.type2 = ValType::ref(reader.heapType(), flags & 2);
}

Expected<FunctionBody> moat::readFunctionBody(const Function &function) {
  FunctionBody body;
  Reader reader(function.body);
  uint32_t runCount = reader.count(UINT32_MAX, "local declarations");
  uint64_t localCount = 0;
  for (uint32_t i = 0; i < runCount && !reader.failed(); ++i) {
    uint64_t start = reader.offset();
    LocalRun run;
    run.count = reader.u32();
    localCount += run.count;
    if (localCount > limits::locals)
      reader.fail(start, "too many locals: at most " + Twine(limits::locals) +
                             " are supported");
    run.type = reader.valType();
    body.locals.push_back(run);
  }
  body.code = reader.rest();
  if (Error error = reader.takeError())
    return error;
  return body;
}
