// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A module's sections, one function each (Core 3.0, 5.5 Modules), in the order
// of the binary format. A section is read by a reader of its own, which cannot
// leave it. Bodies are not looked into; constant expressions only to find where
// they end.

#include "Decode/Canonical.h"
#include "Decode/Decode.h"
#include "Decode/Instructions.h"
#include "Decode/Names.h"
#include "Wasm/Limits.h"

using namespace moat;

namespace {

class ModuleDecoder {
public:
  ModuleDecoder(ArrayRef<uint8_t> bytes, const FeatureSet &features)
      : features(features) {
    module.bytes = bytes;
  }
  Expected<Module> decode();

private:
  using SectionFunction = void (ModuleDecoder::*)(Reader &);
  struct Section {
    uint8_t id;
    StringRef name;
    SectionFunction read;
  };
  /// All but custom sections, in the order in which they must come.
  static const Section sections[];

  Error decodeSections(Reader &reader);
  Error decodeSection(const Section &section, Range contents);
  Error decodeCustomSection(Range contents);
  Error checkCounts(uint64_t endOffset) const;

  void readTypes(Reader &reader);
  void readImports(Reader &reader);
  void readFunctions(Reader &reader);
  void readTables(Reader &reader);
  void readMemories(Reader &reader);
  void readTags(Reader &reader);
  void readGlobals(Reader &reader);
  void readExports(Reader &reader);
  void readStart(Reader &reader);
  void readElements(Reader &reader);
  void readDataCount(Reader &reader);
  void readCode(Reader &reader);
  void readDatas(Reader &reader);

  void readRecGroup(Reader &reader);
  void readSubType(Reader &reader);
  void readCompositeType(Reader &reader, SubType &type);
  std::vector<ValType> readResultType(Reader &reader, uint32_t limit,
                                      const char *what);
  FieldType readFieldType(Reader &reader);
  Limits readLimits(Reader &reader, uint8_t allowedFlags, uint8_t &flags);
  TableType readTableType(Reader &reader);
  MemoryType readMemoryType(Reader &reader);
  GlobalType readGlobalType(Reader &reader);
  uint32_t readTagType(Reader &reader);
  ExternKind readExternKind(Reader &reader, const char *malformed);
  uint32_t addImported(Reader &reader, ExternKind kind, uint32_t import);
  Range readConstExpr(Reader &reader);
  void readElementItems(Reader &reader, uint32_t flags,
                        ElementSegment &segment);
  void require(Reader &reader, Feature feature, uint64_t offset,
               const char *what);
  void declareFunction(uint32_t index);

  const FeatureSet &features;
  Module module;
  Canonicalizer canonicalizer;
  uint32_t codeCount = 0;
  std::optional<Range> names;
  std::optional<Range> branchHints;
};

} // namespace

// Core 3.0, 5.5.17 Modules: the tag section stands between memories and
// globals, the data count between elements and code.
const ModuleDecoder::Section ModuleDecoder::sections[] = {
    {1, "type", &ModuleDecoder::readTypes},
    {2, "import", &ModuleDecoder::readImports},
    {3, "function", &ModuleDecoder::readFunctions},
    {4, "table", &ModuleDecoder::readTables},
    {5, "memory", &ModuleDecoder::readMemories},
    {13, "tag", &ModuleDecoder::readTags},
    {6, "global", &ModuleDecoder::readGlobals},
    {7, "export", &ModuleDecoder::readExports},
    {8, "start", &ModuleDecoder::readStart},
    {9, "element", &ModuleDecoder::readElements},
    {12, "data count", &ModuleDecoder::readDataCount},
    {10, "code", &ModuleDecoder::readCode},
    {11, "data", &ModuleDecoder::readDatas},
};

Expected<Module> ModuleDecoder::decode() {
  Reader reader({module.bytes, 0});
  if (module.bytes.size() > limits::moduleSizeBytes)
    reader.fail(0, "module of more than " + Twine(limits::moduleSizeBytes) +
                       " bytes");
  if (reader.fixed32() != 0x6D736100) // "\0asm"
    reader.fail(0, "magic header not detected");
  if (reader.fixed32() != 1)
    reader.fail(4, "unknown binary version");
  if (Error error = reader.takeError())
    return error;
  if (Error error = decodeSections(reader))
    return error;
  if (Error error = checkCounts(reader.offset()))
    return error;
  // Only now is every function known.
  if (names)
    decodeNames(module, *names);
  if (branchHints)
    decodeBranchHints(module, *branchHints);
  return std::move(module);
}

Error ModuleDecoder::decodeSections(Reader &reader) {
  const Section *next = std::begin(sections);
  while (!reader.atEnd()) {
    uint64_t start = reader.offset();
    uint8_t id = reader.byte();
    Range contents = reader.sized();
    if (Error error = reader.takeError())
      return error;
    if (id == 0) {
      if (Error error = decodeCustomSection(contents))
        return error;
      continue;
    }
    auto hasId = [id](const Section &section) { return section.id == id; };
    if (llvm::none_of(sections, hasId))
      return errorAt(start, "malformed section id " + Twine(unsigned(id)));
    next = std::find_if(next, std::end(sections), hasId);
    if (next == std::end(sections))
      return errorAt(start, "unexpected content after last section: section " +
                                Twine(unsigned(id)) + " is out of order");
    if (Error error = decodeSection(*next++, contents))
      return error;
  }
  return Error::success();
}

Error ModuleDecoder::decodeSection(const Section &section, Range contents) {
  Reader reader(contents);
  (this->*section.read)(reader);
  if (!reader.atEnd())
    reader.fail(reader.offset(),
                "section size mismatch: bytes too many in the " + section.name +
                    " section: " + Twine(reader.remaining()));
  return reader.takeError();
}

Error ModuleDecoder::decodeCustomSection(Range contents) {
  Reader reader(contents);
  StringRef name = reader.name();
  if (Error error = reader.takeError())
    return error;
  if (name == "name")
    names = reader.rest();
  if (name == "metadata.code.branch_hint")
    branchHints = reader.rest();
  return Error::success();
}

/// What holds between sections, of which any may be missing.
Error ModuleDecoder::checkCounts(uint64_t endOffset) const {
  if (codeCount != module.functions.size() - module.importedFunctionCount)
    return errorAt(endOffset,
                   "function and code section have inconsistent lengths");
  if (module.dataCount && *module.dataCount != module.datas.size())
    return errorAt(endOffset,
                   "data count and data section have inconsistent lengths");
  return Error::success();
}

void ModuleDecoder::require(Reader &reader, Feature feature, uint64_t offset,
                            const char *what) {
  if (!features.has(feature))
    reader.fail(offset, Twine(what) + " needs the feature " +
                            toString(feature) + ", which is not enabled");
}

void ModuleDecoder::declareFunction(uint32_t index) {
  if (module.declaredFunctions.empty())
    module.declaredFunctions.resize(module.functions.size());
  // The validator refuses an index that is not known.
  if (index < module.declaredFunctions.size())
    module.declaredFunctions[index] = true;
}

// Types (Core 3.0, 5.3 Types and 5.5.4 Type Section).

void ModuleDecoder::readTypes(Reader &reader) {
  uint32_t groupCount = reader.count(limits::types, "types");
  for (uint32_t i = 0; i < groupCount && !reader.failed(); ++i)
    readRecGroup(reader);
}

void ModuleDecoder::readRecGroup(Reader &reader) {
  uint64_t start = reader.offset();
  uint32_t begin = static_cast<uint32_t>(module.types.size());
  uint32_t size = 1;
  if (reader.peek() == 0x4E) {
    require(reader, Feature::GC, start, "a recursion group");
    reader.byte();
    size = reader.count(limits::types, "types");
  }
  if (size > limits::types - begin)
    return reader.fail(start, "too many types");
  for (uint32_t i = 0; i < size && !reader.failed(); ++i)
    readSubType(reader);
  if (reader.failed())
    return;
  canonicalizer.addGroup(module.types, begin, begin + size);
  for (uint32_t i = begin; i < begin + size; ++i) {
    SubType &type = module.types[i];
    type.recGroupBegin = begin;
    type.recGroupSize = size;
    // The validator refuses a supertype that does not come before the type.
    if (type.supertype && *type.supertype < i)
      type.depth = module.types[*type.supertype].depth + 1;
  }
}

void ModuleDecoder::readSubType(Reader &reader) {
  uint64_t start = reader.offset();
  SubType &type = module.types.emplace_back();
  type.offset = start;
  uint8_t code = reader.peek();
  if (code == 0x4F || code == 0x50) {
    require(reader, Feature::GC, start, "a sub type");
    reader.byte();
    type.isFinal = code == 0x4F;
    uint32_t superCount = reader.count(UINT32_MAX, "super types");
    if (superCount > 1)
      reader.fail(start, "sub type: more than one super type");
    if (superCount == 1)
      type.supertype = reader.u32();
  }
  readCompositeType(reader, type);
}

void ModuleDecoder::readCompositeType(Reader &reader, SubType &type) {
  uint64_t start = reader.offset();
  switch (reader.byte()) {
  case 0x60:
    type.kind = SubType::Func;
    type.func.params = readResultType(reader, limits::params, "parameters");
    type.func.results = readResultType(reader, limits::results, "results");
    if (type.func.results.size() > 1)
      require(reader, Feature::MultiValue, start,
              "a function of several results");
    return;
  case 0x5F: {
    require(reader, Feature::GC, start, "a structure type");
    type.kind = SubType::Struct;
    uint32_t count = reader.count(limits::structFields, "fields");
    type.fields.reserve(count);
    for (uint32_t i = 0; i < count && !reader.failed(); ++i)
      type.fields.push_back(readFieldType(reader));
    return;
  }
  case 0x5E:
    require(reader, Feature::GC, start, "an array type");
    type.kind = SubType::Array;
    type.fields.push_back(readFieldType(reader));
    return;
  }
  reader.fail(start, "malformed composite type");
}

std::vector<ValType> ModuleDecoder::readResultType(Reader &reader,
                                                   uint32_t limit,
                                                   const char *what) {
  uint32_t count = reader.count(limit, what);
  std::vector<ValType> types;
  types.reserve(count);
  for (uint32_t i = 0; i < count && !reader.failed(); ++i)
    types.push_back(reader.valType());
  return types;
}

FieldType ModuleDecoder::readFieldType(Reader &reader) {
  FieldType field;
  switch (reader.peek()) {
  case 0x78:
    reader.byte();
    field.packed = FieldType::I8;
    break;
  case 0x77:
    reader.byte();
    field.packed = FieldType::I16;
    break;
  default:
    field.type = reader.valType();
  }
  uint64_t start = reader.offset();
  uint8_t mutability = reader.byte();
  if (mutability > 1)
    reader.fail(start, "malformed mutability");
  field.isMutable = mutability == 1;
  return field;
}

/// Core 3.0, 5.3.9 Limits, with the flags of threads.md and
/// custom-page-sizes.md.
Limits ModuleDecoder::readLimits(Reader &reader, uint8_t allowedFlags,
                                 uint8_t &flags) {
  enum : uint8_t { HasMax = 1, Shared = 2, Is64 = 4 };
  uint64_t start = reader.offset();
  flags = reader.byte();
  if (flags & ~allowedFlags)
    reader.fail(start, "malformed limits flags");
  if (flags & Shared)
    require(reader, Feature::Threads, start, "a shared memory");
  if (flags & Is64)
    require(reader, Feature::Memory64, start, "an index type i64");
  Limits limits;
  limits.isShared = flags & Shared;
  limits.is64 = flags & Is64;
  limits.min = reader.u64();
  if (flags & HasMax)
    limits.max = reader.u64();
  return limits;
}

TableType ModuleDecoder::readTableType(Reader &reader) {
  uint8_t flags = 0;
  TableType type;
  type.element = reader.refType();
  type.limits = readLimits(reader, 0b0101, flags);
  return type;
}

MemoryType ModuleDecoder::readMemoryType(Reader &reader) {
  constexpr uint8_t hasPageSize = 0b1000;
  uint8_t flags = 0;
  uint64_t start = reader.offset();
  MemoryType type;
  type.limits = readLimits(reader, 0b1111, flags);
  if (!(flags & hasPageSize))
    return type;
  require(reader, Feature::CustomPageSizes, start, "a page size");
  start = reader.offset();
  uint32_t log2 = reader.u32();
  if (log2 > 64)
    reader.fail(start, "invalid custom page size");
  type.pageSizeLog2 = static_cast<uint8_t>(log2);
  return type;
}

GlobalType ModuleDecoder::readGlobalType(Reader &reader) {
  GlobalType type;
  type.type = reader.valType();
  uint64_t start = reader.offset();
  uint8_t mutability = reader.byte();
  if (mutability > 1)
    reader.fail(start, "malformed mutability");
  type.isMutable = mutability == 1;
  return type;
}

uint32_t ModuleDecoder::readTagType(Reader &reader) {
  uint64_t start = reader.offset();
  if (reader.byte() != 0)
    reader.fail(start, "malformed tag attribute");
  return reader.u32();
}

// Imports and index spaces.

ExternKind ModuleDecoder::readExternKind(Reader &reader,
                                         const char *malformed) {
  uint64_t start = reader.offset();
  uint8_t kind = reader.byte();
  if (kind > static_cast<uint8_t>(ExternKind::Tag)) {
    reader.fail(start, malformed);
    return ExternKind::Func;
  }
  if (static_cast<ExternKind>(kind) == ExternKind::Tag &&
      !features.has(Feature::LegacyExceptions))
    require(reader, Feature::Exceptions, start, "a tag");
  return static_cast<ExternKind>(kind);
}

void ModuleDecoder::readImports(Reader &reader) {
  uint32_t count = reader.count(limits::imports, "imports");
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    Import &import = module.imports.emplace_back();
    import.offset = reader.offset();
    import.module = reader.name();
    import.field = reader.name();
    import.kind = readExternKind(reader, "malformed import kind");
    import.index = addImported(reader, import.kind, i);
  }
  module.importedFunctionCount = static_cast<uint32_t>(module.functions.size());
  module.importedTableCount = static_cast<uint32_t>(module.tables.size());
  module.importedMemoryCount = static_cast<uint32_t>(module.memories.size());
  module.importedGlobalCount = static_cast<uint32_t>(module.globals.size());
  module.importedTagCount = static_cast<uint32_t>(module.tags.size());
}

/// Reads the type of an import and gives it the next index of its kind.
uint32_t ModuleDecoder::addImported(Reader &reader, ExternKind kind,
                                    uint32_t import) {
  uint64_t start = reader.offset();
  switch (kind) {
  case ExternKind::Func:
    module.functions.push_back({reader.u32(), import, {}, start});
    return static_cast<uint32_t>(module.functions.size() - 1);
  case ExternKind::Table:
    module.tables.push_back({readTableType(reader), import, {}, start});
    return static_cast<uint32_t>(module.tables.size() - 1);
  case ExternKind::Memory:
    module.memories.push_back({readMemoryType(reader), import, start});
    return static_cast<uint32_t>(module.memories.size() - 1);
  case ExternKind::Global:
    module.globals.push_back({readGlobalType(reader), import, {}, start});
    return static_cast<uint32_t>(module.globals.size() - 1);
  case ExternKind::Tag:
    module.tags.push_back({readTagType(reader), import, start});
    return static_cast<uint32_t>(module.tags.size() - 1);
  }
  llvm_unreachable("an import of no kind");
}

void ModuleDecoder::readFunctions(Reader &reader) {
  uint64_t start = reader.offset();
  uint32_t count = reader.count(limits::functions, "functions");
  if (module.functions.size() + count > limits::functions)
    return reader.fail(start, "too many functions");
  module.functions.reserve(module.functions.size() + count);
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    start = reader.offset();
    module.functions.push_back({reader.u32(), std::nullopt, {}, start});
  }
}

void ModuleDecoder::readTables(Reader &reader) {
  uint64_t start = reader.offset();
  uint32_t count = reader.count(limits::tables, "tables");
  if (module.tables.size() + count > limits::tables)
    return reader.fail(start, "too many tables");
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    start = reader.offset();
    Table table;
    table.offset = start;
    bool hasInit = reader.peek() == 0x40;
    if (hasInit) {
      require(reader, Feature::FunctionReferences, start,
              "a table's initializer");
      reader.byte();
      if (reader.byte() != 0)
        reader.fail(start + 1, "malformed table: zero byte expected");
    }
    table.type = readTableType(reader);
    if (hasInit)
      table.init = readConstExpr(reader);
    module.tables.push_back(table);
  }
}

void ModuleDecoder::readMemories(Reader &reader) {
  uint64_t start = reader.offset();
  uint32_t count = reader.count(limits::memories, "memories");
  if (module.memories.size() + count > limits::memories)
    return reader.fail(start, "too many memories");
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    start = reader.offset();
    module.memories.push_back({readMemoryType(reader), std::nullopt, start});
  }
}

void ModuleDecoder::readTags(Reader &reader) {
  uint64_t start = reader.offset();
  if (!features.has(Feature::LegacyExceptions))
    require(reader, Feature::Exceptions, start, "a tag section");
  uint32_t count = reader.count(limits::tags, "tags");
  if (module.tags.size() + count > limits::tags)
    return reader.fail(start, "too many tags");
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    start = reader.offset();
    module.tags.push_back({readTagType(reader), std::nullopt, start});
  }
}

void ModuleDecoder::readGlobals(Reader &reader) {
  uint64_t start = reader.offset();
  uint32_t count = reader.count(limits::globals, "globals");
  if (module.globals.size() + count > limits::globals)
    return reader.fail(start, "too many globals");
  module.globals.reserve(module.globals.size() + count);
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    Global global;
    global.offset = reader.offset();
    global.type = readGlobalType(reader);
    global.init = readConstExpr(reader);
    module.globals.push_back(global);
  }
}

/// Reads up to the `end` that closes the expression; the reader then stands
/// behind it.
Range ModuleDecoder::readConstExpr(Reader &reader) {
  Range rest = reader.rest();
  InstructionReader instructions(rest);
  Instruction instruction;
  unsigned depth =
      1; // blocks are not constant, but the expression ends behind them
  while (depth != 0) {
    if (Error error = instructions.read(instruction)) {
      llvm::handleAllErrors(
          std::move(error), [&](const InputError &inputError) {
            reader.fail(*inputError.location.offset, inputError.text);
          });
      return {};
    }
    if (instruction.opcode == Opcode::RefFunc)
      declareFunction(instruction.index);
    Immediates immediates = info(instruction.opcode).immediates;
    if (immediates == Immediates::Block || immediates == Immediates::TryTable)
      ++depth;
    if (instruction.opcode == Opcode::End ||
        instruction.opcode == Opcode::Delegate)
      --depth;
  }
  return reader.bytes(instructions.offset() - rest.offset);
}

// Exports and the start function.

void ModuleDecoder::readExports(Reader &reader) {
  uint32_t count = reader.count(limits::exports, "exports");
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    Export &exported = module.exports.emplace_back();
    exported.offset = reader.offset();
    exported.name = reader.name();
    exported.kind = readExternKind(reader, "malformed export kind");
    exported.index = reader.u32();
    if (exported.kind == ExternKind::Func)
      declareFunction(exported.index);
  }
}

void ModuleDecoder::readStart(Reader &reader) {
  module.startOffset = reader.offset();
  module.start = reader.u32();
}

// Segments.

void ModuleDecoder::readElements(Reader &reader) {
  // Bits of the flags (Core 3.0, 5.5.12 Element Section).
  enum : uint32_t {
    NotActive = 1,
    HasTableOrDeclarative = 2,
    HasExpressions = 4
  };
  uint32_t count = reader.count(limits::elementSegments, "element segments");
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    ElementSegment &segment = module.elements.emplace_back();
    segment.offset = reader.offset();
    uint32_t flags = reader.u32();
    if (flags > 7)
      reader.fail(segment.offset, "malformed elements segment kind");
    if (flags != 0)
      require(reader, Feature::BulkMemory, segment.offset,
              "an element segment's kind");
    if (flags & NotActive) {
      segment.mode = flags & HasTableOrDeclarative ? SegmentMode::Declarative
                                                   : SegmentMode::Passive;
    } else {
      if (flags & HasTableOrDeclarative)
        segment.table = reader.u32();
      segment.tableOffset = readConstExpr(reader);
    }
    readElementItems(reader, flags, segment);
  }
}

/// The type and the elements themselves. Indices of functions are short for
/// ref.func, so their type is the non-null (ref func).
void ModuleDecoder::readElementItems(Reader &reader, uint32_t flags,
                                     ElementSegment &segment) {
  bool hasType = flags & 3;
  bool hasExpressions = flags & 4;
  uint64_t start = reader.offset();
  if (hasExpressions) {
    segment.type = hasType ? reader.refType() : ValType::funcref();
  } else {
    segment.type = ValType::ref(AbstractHeap::Func, /*nullable=*/false);
    if (hasType && reader.byte() != 0)
      reader.fail(start, "malformed element kind");
  }
  uint32_t count = reader.count(limits::elementSegmentSize, "elements");
  if (!hasExpressions) {
    segment.functions.reserve(count);
    for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
      segment.functions.push_back(reader.u32());
      declareFunction(segment.functions.back());
    }
    return;
  }
  segment.expressions.reserve(count);
  for (uint32_t i = 0; i < count && !reader.failed(); ++i)
    segment.expressions.push_back(readConstExpr(reader));
}

void ModuleDecoder::readDataCount(Reader &reader) {
  require(reader, Feature::BulkMemory, reader.offset(), "a data count section");
  module.dataCount = reader.u32();
}

void ModuleDecoder::readDatas(Reader &reader) {
  uint32_t count = reader.count(limits::dataSegments, "data segments");
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    DataSegment &segment = module.datas.emplace_back();
    segment.offset = reader.offset();
    uint32_t kind = reader.u32();
    if (kind > 2)
      reader.fail(segment.offset, "malformed data segment kind");
    if (kind != 0)
      require(reader, Feature::BulkMemory, segment.offset,
              "a data segment's kind");
    if (kind == 2)
      segment.memory = reader.u32();
    if (kind == 1)
      segment.mode = SegmentMode::Passive;
    else
      segment.memoryOffset = readConstExpr(reader);
    segment.bytes = reader.sized();
  }
}

// Code.

void ModuleDecoder::readCode(Reader &reader) {
  module.codeSizeBytes = reader.remaining();
  uint64_t start = reader.offset();
  codeCount = reader.count(limits::functions, "functions");
  if (codeCount != module.functions.size() - module.importedFunctionCount)
    return reader.fail(start,
                       "function and code section have inconsistent lengths");
  for (uint32_t i = 0; i < codeCount && !reader.failed(); ++i) {
    start = reader.offset();
    Function &function = module.functions[module.importedFunctionCount + i];
    function.body = reader.sized();
    if (function.body.bytes.size() > limits::functionSizeBytes)
      reader.fail(start, "function of more than " +
                             Twine(limits::functionSizeBytes) + " bytes");
  }
}

Expected<Module> moat::decode(ArrayRef<uint8_t> bytes,
                              const FeatureSet &features) {
  return ModuleDecoder(bytes, features).decode();
}
