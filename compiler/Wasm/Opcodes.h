// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The instructions of WebAssembly, from the rows of Opcodes.def: an enumerator
// each, what is known of it, and the way from the bytes of an opcode to its
// enumerator.

#pragma once

#include "Wasm/Features.h"
#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <string_view>

namespace moat {

enum class Opcode : uint16_t {
#define OP(name, text, prefix, sub, immediates, signature, feature, family)    \
  name,
#include "Wasm/Opcodes.def"
};

/// The number of rows; opcodes are numbered from 0.
inline constexpr size_t opcodeCount = 0
#define OP(name, text, prefix, sub, immediates, signature, feature, family) +1
#include "Wasm/Opcodes.def"
    ;

/// What follows an opcode, and the members of Instruction that hold it
/// (Core 3.0, 5.4 Instructions).
enum class Immediates : uint8_t {
  None,
  Block,        ///< block type: blockType
  TryTable,     ///< block type and catch clauses: blockType, catches
  Label,        ///< label: index
  LabelTable,   ///< vector of labels and the default: labels
  Function,     ///< index
  Type,         ///< a type index: index
  CallIndirect, ///< type: index; table: index2
  Local,        ///< index
  Global,       ///< index
  Tag,          ///< index
  Table,        ///< index
  TablePair,    ///< destination: index; source: index2
  TableInit,    ///< element segment: index; table: index2
  Elem,         ///< element segment: index
  Memory,       ///< index
  MemoryPair,   ///< destination: index; source: index2
  MemoryInit,   ///< data segment: index; memory: index2
  Data,         ///< data segment: index
  MemArg8,      ///< memArg, of an access of 8 bits
  MemArg16,
  MemArg32,
  MemArg64,
  MemArg128,
  MemArgLane8, ///< memArg, of an access of 8 bits; lane: bits
  MemArgLane16,
  MemArgLane32,
  MemArgLane64,
  Lane2, ///< one of 2 lanes: bits
  Lane4,
  Lane8,
  Lane16,
  Shuffle,     ///< 16 lanes: bytes
  I32,         ///< bits, sign-extended
  I64,         ///< bits
  F32,         ///< bits
  F64,         ///< bits
  V128,        ///< bytes
  SelectTypes, ///< vector of value types: types
  HeapType,    ///< the nullable reference to it: type
  Cast,        ///< a heap type; the non-null reference to it: type
  CastNull,    ///< a heap type; the nullable reference to it: type
  BranchCast,  ///< flags: index2; label: index; source: type; target: type2
  Field,       ///< structure type: index; field: index2
  TypeLength,  ///< array type: index; number of elements: index2
  TypeData,    ///< array type: index; data segment: index2
  TypeElem,    ///< array type: index; element segment: index2
  TypePair,    ///< destination's array type: index; source's: index2
  Fence,       ///< a zero byte
};

/// Has a memArg, with or without a lane.
constexpr bool hasMemArg(Immediates immediates) {
  return immediates >= Immediates::MemArg8 &&
         immediates <= Immediates::MemArgLane64;
}

/// Has a memArg and a lane.
constexpr bool hasMemArgLane(Immediates immediates) {
  return immediates >= Immediates::MemArgLane8 &&
         immediates <= Immediates::MemArgLane64;
}

/// The binary logarithm of the number of bytes accessed; only of one with a
/// memArg.
constexpr unsigned accessSizeLog2(Immediates immediates) {
  assert(hasMemArg(immediates) && "not a memory access");
  Immediates first =
      hasMemArgLane(immediates) ? Immediates::MemArgLane8 : Immediates::MemArg8;
  return static_cast<unsigned>(immediates) - static_cast<unsigned>(first);
}
static_assert(accessSizeLog2(Immediates::MemArg128) == 4);
static_assert(accessSizeLog2(Immediates::MemArgLane32) == 2);

/// A type in a fixed signature.
enum class Operand : uint8_t {
  I32,
  I64,
  F32,
  F64,
  V128,
  Addr,     ///< i32 or i64: the index type of the memory or table
  Eqref,    ///< (ref null eq)
  Arrayref, ///< (ref null array)
  I31ref,   ///< (ref null i31)
  I31,      ///< (ref i31)
};

/// The type of an instruction, if it is the same wherever the instruction
/// stands.
struct Signature {
  bool isSpecial = false; ///< has a typing rule of its own instead
  uint8_t paramCount = 0;
  uint8_t resultCount = 0;
  std::array<Operand, 4> params = {}; ///< the top of the stack last
  std::array<Operand, 2> results = {};

  constexpr bool operator==(const Signature &) const = default;

  /// Reads a cell of the signature column, such as `AddrI32_I32`.
  static consteval Signature parse(std::string_view text);
};

consteval Signature Signature::parse(std::string_view text) {
  struct Token {
    std::string_view text;
    Operand operand;
  };
  // A token stands before those that it begins with.
  constexpr Token tokens[] = {
      {"I32", Operand::I32},       {"I64", Operand::I64},
      {"F32", Operand::F32},       {"F64", Operand::F64},
      {"V128", Operand::V128},     {"Addr", Operand::Addr},
      {"Eqref", Operand::Eqref},   {"Arrayref", Operand::Arrayref},
      {"I31ref", Operand::I31ref}, {"I31", Operand::I31},
  };
  Signature signature;
  if (text == "Special") {
    signature.isSpecial = true;
    return signature;
  }
  bool inResults = false;
  while (!text.empty()) {
    if (text.starts_with('_')) {
      inResults = true;
      text.remove_prefix(1);
      continue;
    }
    const Token *found = nullptr;
    for (const Token &token : tokens)
      if (!found && text.starts_with(token.text))
        found = &token;
    // An unknown token makes this no constant expression: the row does not
    // compile.
    if (inResults)
      signature.results[signature.resultCount++] = found->operand;
    else
      signature.params[signature.paramCount++] = found->operand;
    text.remove_prefix(found->text.size());
  }
  return signature;
}
static_assert(Signature::parse("AddrI32I64_I32").paramCount == 3);
static_assert(Signature::parse("_I32").resultCount == 1);
static_assert(Signature::parse("I32_I31").results[0] == Operand::I31);

/// The lowering's families; all of WebAssembly 2.0 without SIMD is in the first
/// eight.
enum class Family : uint8_t {
  Control,
  Variable,
  Numeric,
  Convert,
  Memory,
  BulkMemory,
  Table,
  Reference,
  TailCall,
  Exception,
  LegacyException,
  FunctionReference,
  Gc,
  Vector,
  RelaxedVector,
  Atomic,
  WideArithmetic,
};

/// A row of Opcodes.def.
struct OpcodeInfo {
  std::string_view name; ///< the enumerator's: `I32Load8S`
  std::string_view text; ///< the text format's: `i32.load8_s`
  uint8_t prefix;        ///< 0x00 for an opcode of one byte
  uint16_t sub;
  Immediates immediates;
  Signature signature;
  Feature feature;
  Family family;
};

inline constexpr std::array<OpcodeInfo, opcodeCount> opcodeInfos = {{
#define OP(name, text, prefix, sub, immediates, signature, feature, family)    \
  {#name,                                                                      \
   text,                                                                       \
   prefix,                                                                     \
   sub,                                                                        \
   Immediates::immediates,                                                     \
   Signature::parse(#signature),                                               \
   Feature::feature,                                                           \
   Family::family},
#include "Wasm/Opcodes.def"
}};

constexpr const OpcodeInfo &info(Opcode opcode) {
  return opcodeInfos[static_cast<size_t>(opcode)];
}

/// The opcode with this prefix (0x00: none) and this number, if there is one.
std::optional<Opcode> findOpcode(uint8_t prefix, uint32_t sub);

} // namespace moat
