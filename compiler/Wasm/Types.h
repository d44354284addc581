// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// WebAssembly's types (Core 3.0, 2.3 Types), as the binary format writes them
// and as every phase passes them around: small values, compared with ==.

#pragma once

#include "LLVM.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace moat {

/// The abstract heap types (Core 3.0, 2.3.4 Heap Types).
enum class AbstractHeap : uint8_t {
  Func,
  Extern,
  Any,
  Eq,
  I31,
  Struct,
  Array,
  Exn,
  None,
  NoFunc,
  NoExtern,
  NoExn,
};

/// A heap type: abstract, or the index of a defined type.
class HeapType {
public:
  constexpr HeapType() = default;
  constexpr HeapType(AbstractHeap abstract)
      : code(abstractBase + static_cast<uint32_t>(abstract)) {}
  static constexpr HeapType concrete(uint32_t typeIndex) {
    HeapType type;
    type.code = typeIndex;
    return type;
  }
  constexpr bool isConcrete() const { return code < abstractBase; }
  /// The index in the module's type space; only of a concrete type.
  constexpr uint32_t typeIndex() const { return code; }
  /// Only of an abstract type.
  constexpr AbstractHeap abstract() const {
    return static_cast<AbstractHeap>(code - abstractBase);
  }
  constexpr bool operator==(const HeapType &) const = default;

private:
  // Type indices stay far below: Limits.h bounds the number of types.
  static constexpr uint32_t abstractBase = 0x8000'0000;
  uint32_t code = abstractBase;
};

/// A value type (Core 3.0, 2.3.6 Value Types). `Bottom` is the validator's: the
/// type of an operand popped from an unreachable stack.
struct ValType {
  enum Kind : uint8_t { I32, I64, F32, F64, V128, Ref, Bottom };

  Kind kind = I32;
  bool nullable = false; ///< of Ref only
  HeapType heap;         ///< of Ref only

  constexpr ValType() = default;
  constexpr ValType(Kind kind) : kind(kind) {}
  static constexpr ValType ref(HeapType heap, bool nullable) {
    ValType type(Ref);
    type.heap = heap;
    type.nullable = nullable;
    return type;
  }
  static constexpr ValType funcref() { return ref(AbstractHeap::Func, true); }
  static constexpr ValType externref() {
    return ref(AbstractHeap::Extern, true);
  }

  constexpr bool isRef() const { return kind == Ref; }
  constexpr bool isNumber() const { return kind <= F64; }
  /// Has a default value: all but non-nullable references.
  constexpr bool isDefaultable() const { return kind != Ref || nullable; }
  constexpr bool operator==(const ValType &) const = default;
};

/// The text format's spelling: `func`, `3`.
std::string toString(HeapType type);

/// The text format's spelling: `i32`, `(ref null 3)`, `funcref`.
std::string toString(ValType type);

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  bool operator==(const FuncType &) const = default;
};

/// `(func (param i32 i64) (result f32))`.
std::string toString(const FuncType &type);

/// What a field of a structure or an array holds (Core 3.0, 2.3.9 Composite
/// Types).
struct FieldType {
  enum Packed : uint8_t { Unpacked, I8, I16 };
  ValType type; ///< I32 if packed
  Packed packed = Unpacked;
  bool isMutable = false;
  bool operator==(const FieldType &) const = default;
};

/// A defined type: an entry of the type index space (Core 3.0, 2.3.10 Recursive
/// Types).
struct SubType {
  enum Kind : uint8_t { Func, Struct, Array };

  Kind kind = Func;
  bool isFinal = true;
  std::optional<uint32_t> supertype; ///< type index
  FuncType func;                     ///< of Func
  std::vector<FieldType> fields;     ///< of Struct; of Array exactly one

  uint32_t recGroupBegin = 0; ///< the recursion group's first type index
  uint32_t recGroupSize = 1;
  /// The lowest type index of this module whose type is equal to this one
  /// (Core 3.0, 3.3.10 Defined Types); set by the decoder. Equal types
  /// have equal numbers.
  uint32_t canonical = 0;
  /// Number of supertypes above it: 0 for one without; set by the decoder.
  uint32_t depth = 0;
  uint64_t offset = 0; ///< in the module, in bytes
};

/// Limits of a memory (in pages) or a table (in elements).
struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool is64 = false;     ///< addressed by i64
  bool isShared = false; ///< of memories
};

struct MemoryType {
  Limits limits;
  uint8_t pageSizeLog2 = 16; ///< 16, or 0 with custom page sizes
};

struct TableType {
  ValType element = ValType::funcref();
  Limits limits;
};

struct GlobalType {
  ValType type;
  bool isMutable = false;
};

} // namespace moat
