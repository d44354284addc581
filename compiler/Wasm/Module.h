// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A decoded module: index spaces, and ranges into the bytes it was decoded
// from, which must outlive it. Function bodies and constant expressions stay
// bytes: they are walked in place by the validator and again by the lowering.
// From validation on it is const.

#pragma once

#include "Wasm/Types.h"
#include <string>
#include <vector>

namespace moat {

/// Bytes of the module, and where they begin in it, in bytes.
struct Range {
  ArrayRef<uint8_t> bytes;
  uint64_t offset = 0;
};

/// What an import or export is (Core 3.0, 5.5.5 and 5.5.10).
enum class ExternKind : uint8_t { Func, Table, Memory, Global, Tag };

struct Import {
  StringRef module; ///< UTF-8; may hold NUL
  StringRef field;
  ExternKind kind = ExternKind::Func;
  uint32_t index = 0;  ///< in the index space of its kind
  uint64_t offset = 0; ///< of the import's first byte
};

struct Export {
  StringRef name;
  ExternKind kind = ExternKind::Func;
  uint32_t index = 0;
  uint64_t offset = 0;
};

struct Function {
  uint32_t typeIndex = 0;
  std::optional<uint32_t> import; ///< index in Module::imports
  /// Of a defined function: the code entry's contents, local declarations
  /// included.
  Range body;
  uint64_t offset =
      0; ///< of its type's index, in the function or the import section
};

struct Table {
  TableType type;
  std::optional<uint32_t> import;
  /// The initial element's constant expression, its `end` included; empty:
  /// null.
  Range init;
  uint64_t offset = 0;
};

struct Memory {
  MemoryType type;
  std::optional<uint32_t> import;
  uint64_t offset = 0;
};

struct Global {
  GlobalType type;
  std::optional<uint32_t> import;
  Range init; ///< constant expression, its `end` included
  uint64_t offset = 0;
};

struct Tag {
  uint32_t typeIndex = 0;
  std::optional<uint32_t> import;
  uint64_t offset = 0;
};

enum class SegmentMode : uint8_t { Active, Passive, Declarative };

struct ElementSegment {
  SegmentMode mode = SegmentMode::Active;
  uint32_t table = 0; ///< of Active
  Range tableOffset;  ///< of Active: constant expression
  /// (ref func), which is not nullable, if the elements are indices of
  /// functions.
  ValType type = ValType::funcref();
  /// Exactly one of the two is filled: indices of functions, or constant
  /// expressions.
  std::vector<uint32_t> functions;
  std::vector<Range> expressions;
  uint64_t offset = 0;

  size_t size() const { return functions.size() + expressions.size(); }
};

struct DataSegment {
  SegmentMode mode = SegmentMode::Active;
  uint32_t memory = 0; ///< of Active
  Range memoryOffset;  ///< of Active: constant expression
  Range bytes;
  uint64_t offset = 0;
};

/// A branch hint (custom section metadata.code.branch_hint).
struct BranchHint {
  uint32_t bodyOffset = 0; ///< of the instruction, from the body's first byte
  bool isLikely = false;
};

struct Module {
  ArrayRef<uint8_t> bytes;

  std::vector<SubType> types;
  std::vector<Import> imports; ///< in the order of the import section
  // Index spaces: the imported come first.
  std::vector<Function> functions;
  std::vector<Table> tables;
  std::vector<Memory> memories;
  std::vector<Global> globals;
  std::vector<Tag> tags;
  std::vector<Export> exports;
  std::optional<uint32_t> start; ///< function index
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> datas;
  std::optional<uint32_t> dataCount;
  /// By function index: occurs outside of all bodies, in an export, a segment
  /// or an initializer. Only to these can bodies make references
  /// (Core 3.0, 3.5.13 Modules, refs).
  std::vector<bool> declaredFunctions;
  uint64_t startOffset = 0; ///< of the start section's contents

  // From custom sections; a malformed one is ignored, as the specification
  // says.
  StringRef name; ///< of the module
  std::vector<StringRef>
      functionNames; ///< by function index; empty where unknown
  std::vector<std::vector<BranchHint>>
      branchHints; ///< by function index, or empty

  /// Size of the code section's contents in bytes.
  uint64_t codeSizeBytes = 0;

  uint32_t importedFunctionCount = 0;
  uint32_t importedTableCount = 0;
  uint32_t importedMemoryCount = 0;
  uint32_t importedGlobalCount = 0;
  uint32_t importedTagCount = 0;

  const FuncType &funcType(uint32_t functionIndex) const {
    return types[functions[functionIndex].typeIndex].func;
  }
  /// The name section's name of a function, or the empty string.
  StringRef functionName(uint32_t functionIndex) const {
    return functionIndex < functionNames.size() ? functionNames[functionIndex]
                                                : StringRef();
  }
};

} // namespace moat
