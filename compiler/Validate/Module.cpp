// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Everything of a module but its function bodies (Core 3.0, 3.5 Modules), in
// the order in which one part relies on another: types first, since nothing can
// be matched before they hold.

#include "Validate/Code.h"
#include "Validate/Matching.h"
#include "Validate/Validate.h"
#include "Wasm/Limits.h"

using namespace moat;

namespace {

class ModuleValidator {
public:
  ModuleValidator(const Module &module, const FeatureSet &features)
      : module(module), features(features),
        typeCount(static_cast<uint32_t>(module.types.size())),
        globalCount(static_cast<uint32_t>(module.globals.size())) {}

  Error validate();

private:
  Error validateTypes();
  Error validateType(uint32_t index);
  Error validateSupertype(uint32_t index);
  Error validateFunctionTypes();
  Error validateTables();
  Error validateMemories();
  Error validateTags();
  Error validateGlobals();
  Error validateExports();
  Error validateStart();
  Error validateElements();
  Error validateElement(const ElementSegment &segment);
  Error validateDatas();

  Error checkValType(uint64_t offset, ValType type, uint32_t knownTypes);
  Error checkLimits(uint64_t offset, const Limits &limits, uint64_t bound,
                    const Twine &tooLarge);
  Error checkIndex(uint64_t offset, uint32_t index, size_t count,
                   const char *what);
  size_t indexSpaceSize(ExternKind kind) const;

  const Module &module;
  const FeatureSet &features;
  uint32_t typeCount;
  uint32_t globalCount;
};

} // namespace

Error ModuleValidator::validate() {
  if (Error error = validateTypes())
    return error;
  // Now every type that is named exists, and matching ends.
  if (Error error = validateFunctionTypes())
    return error;
  if (Error error = validateTags())
    return error;
  if (Error error = validateMemories())
    return error;
  if (Error error = validateTables())
    return error;
  if (Error error = validateGlobals())
    return error;
  if (Error error = validateExports())
    return error;
  if (Error error = validateStart())
    return error;
  if (Error error = validateElements())
    return error;
  return validateDatas();
}

Error ModuleValidator::checkValType(uint64_t offset, ValType type,
                                    uint32_t knownTypes) {
  std::string fault = faultOf(type, knownTypes, features);
  return fault.empty() ? Error::success() : errorAt(offset, fault);
}

Error ModuleValidator::checkIndex(uint64_t offset, uint32_t index, size_t count,
                                  const char *what) {
  if (index < count)
    return Error::success();
  return errorAt(offset, "unknown " + Twine(what) + " " + Twine(index));
}

/// Core 3.0, 3.2.12 Limits.
Error ModuleValidator::checkLimits(uint64_t offset, const Limits &limits,
                                   uint64_t bound, const Twine &tooLarge) {
  if (limits.min > bound || (limits.max && *limits.max > bound))
    return errorAt(offset, tooLarge);
  if (limits.max && limits.min > *limits.max)
    return errorAt(offset, "size minimum must not be greater than maximum");
  return Error::success();
}

// Types (Core 3.0, 3.2.11 Recursive Types).

Error ModuleValidator::validateTypes() {
  for (uint32_t i = 0; i < typeCount; ++i)
    if (Error error = validateType(i))
      return error;
  // Now every type names types that exist, and super types come before their
  // sub types.
  for (uint32_t i = 0; i < typeCount; ++i)
    if (Error error = validateSupertype(i))
      return error;
  return Error::success();
}

/// Checks what a type names: types up to the end of its recursion group, and
/// one before it as its super type.
Error ModuleValidator::validateType(uint32_t index) {
  const SubType &type = module.types[index];
  uint32_t knownTypes = type.recGroupBegin + type.recGroupSize;
  for (const std::vector<ValType> *list :
       {&type.func.params, &type.func.results})
    for (ValType valType : *list)
      if (Error error = checkValType(type.offset, valType, knownTypes))
        return error;
  for (const FieldType &field : type.fields)
    if (Error error = checkValType(type.offset, field.type, knownTypes))
      return error;
  if (type.supertype && *type.supertype >= index)
    return errorAt(type.offset,
                   "unknown type " + Twine(*type.supertype) +
                       ": a super type comes before its sub types");
  if (type.depth > limits::subtypingDepth)
    return errorAt(type.offset, "sub type with more than " +
                                    Twine(limits::subtypingDepth) +
                                    " types above it is not supported");
  return Error::success();
}

Error ModuleValidator::validateSupertype(uint32_t index) {
  const SubType &type = module.types[index];
  if (!type.supertype)
    return Error::success();
  const SubType &super = module.types[*type.supertype];
  if (super.isFinal)
    return errorAt(type.offset,
                   "sub type: type " + Twine(*type.supertype) + " is final");
  if (!matchesComposite(module, type, super))
    return errorAt(type.offset, "sub type " + Twine(index) +
                                    " does not match super type " +
                                    Twine(*type.supertype));
  return Error::success();
}

// Index spaces, imports included.

Error ModuleValidator::validateFunctionTypes() {
  for (const Function &function : module.functions) {
    if (Error error =
            checkIndex(function.offset, function.typeIndex, typeCount, "type"))
      return error;
    if (module.types[function.typeIndex].kind != SubType::Func)
      return errorAt(function.offset, "unknown type: type " +
                                          Twine(function.typeIndex) +
                                          " is not a function type");
  }
  return Error::success();
}

/// Core 3.0, 3.2.13 Tag Types.
Error ModuleValidator::validateTags() {
  for (const Tag &tag : module.tags) {
    if (Error error = checkIndex(tag.offset, tag.typeIndex, typeCount, "type"))
      return error;
    const SubType &type = module.types[tag.typeIndex];
    if (type.kind != SubType::Func)
      return errorAt(tag.offset,
                     "type mismatch: a tag's type is a function type");
    if (!type.func.results.empty())
      return errorAt(tag.offset, "non-empty tag result type");
  }
  return Error::success();
}

/// Core 3.0, 3.2.15 Memory Types; custom-page-sizes.md; threads.md.
Error ModuleValidator::validateMemories() {
  if (module.memories.size() > 1 && !features.has(Feature::MultiMemory))
    return errorAt(module.memories[1].offset,
                   "multiple memories: " +
                       needsFeature("a second memory", Feature::MultiMemory));
  for (const Memory &memory : module.memories) {
    const MemoryType &type = memory.type;
    if (type.pageSizeLog2 != 0 && type.pageSizeLog2 != 16)
      return errorAt(memory.offset, "invalid custom page size");
    unsigned addrBits = type.limits.is64 ? 64 : 32;
    // Pages of one byte: the size itself has to fit the index type.
    uint64_t bound = type.pageSizeLog2 == 0 ? UINT64_MAX >> (64 - addrBits)
                                            : uint64_t(1) << (addrBits - 16);
    if (Error error = checkLimits(memory.offset, type.limits, bound,
                                  "memory size must be at most " +
                                      Twine(bound) + " pages"))
      return error;
    if (type.limits.isShared && !type.limits.max)
      return errorAt(memory.offset, "shared memory must have maximum");
  }
  return Error::success();
}

/// Core 3.0, 3.2.16 Table Types and 3.5.5 Tables.
Error ModuleValidator::validateTables() {
  if (module.tables.size() > 1 && !features.has(Feature::ReferenceTypes))
    return errorAt(module.tables[1].offset,
                   "multiple tables: " +
                       needsFeature("a second table", Feature::ReferenceTypes));
  for (const Table &table : module.tables) {
    const TableType &type = table.type;
    if (type.element != ValType::funcref()) // funcref is as old as tables
      if (Error error = checkValType(table.offset, type.element, typeCount))
        return error;
    uint64_t bound = type.limits.is64 ? UINT64_MAX : UINT32_MAX;
    if (Error error = checkLimits(table.offset, type.limits, bound,
                                  "table size must be at most " + Twine(bound)))
      return error;
    bool hasInit = !table.init.bytes.empty();
    // Of globals only the imported ones have a value by then.
    if (hasInit)
      if (Error error =
              validateConstExpr(module, features, table.init, type.element,
                                module.importedGlobalCount))
        return error;
    if (!hasInit && !table.import && !type.element.isDefaultable())
      return errorAt(table.offset, "type mismatch: a table of " +
                                       toString(type.element) +
                                       " needs an initializer");
  }
  return Error::success();
}

/// Core 3.0, 3.5.3 Globals: an initializer may read the globals before it.
Error ModuleValidator::validateGlobals() {
  for (uint32_t i = 0; i < globalCount; ++i) {
    const Global &global = module.globals[i];
    if (Error error = checkValType(global.offset, global.type.type, typeCount))
      return error;
    if (global.import) {
      if (global.type.isMutable && !features.has(Feature::MutableGlobals))
        return errorAt(global.offset, needsFeature("an imported mutable global",
                                                   Feature::MutableGlobals));
      continue;
    }
    if (Error error = validateConstExpr(module, features, global.init,
                                        global.type.type, i))
      return error;
  }
  return Error::success();
}

size_t ModuleValidator::indexSpaceSize(ExternKind kind) const {
  switch (kind) {
  case ExternKind::Func:
    return module.functions.size();
  case ExternKind::Table:
    return module.tables.size();
  case ExternKind::Memory:
    return module.memories.size();
  case ExternKind::Global:
    return module.globals.size();
  case ExternKind::Tag:
    return module.tags.size();
  }
  llvm_unreachable("an export of no kind");
}

static const char *kindName(ExternKind kind) {
  switch (kind) {
  case ExternKind::Func:
    return "function";
  case ExternKind::Table:
    return "table";
  case ExternKind::Memory:
    return "memory";
  case ExternKind::Global:
    return "global";
  case ExternKind::Tag:
    return "tag";
  }
  llvm_unreachable("an export of no kind");
}

Error ModuleValidator::validateExports() {
  llvm::DenseSet<StringRef> names;
  for (const Export &exported : module.exports) {
    if (Error error =
            checkIndex(exported.offset, exported.index,
                       indexSpaceSize(exported.kind), kindName(exported.kind)))
      return error;
    if (!names.insert(exported.name).second)
      return errorAt(exported.offset,
                     "duplicate export name: " + exported.name);
    if (exported.kind == ExternKind::Global &&
        module.globals[exported.index].type.isMutable &&
        !features.has(Feature::MutableGlobals))
      return errorAt(exported.offset, needsFeature("an exported mutable global",
                                                   Feature::MutableGlobals));
  }
  return Error::success();
}

Error ModuleValidator::validateStart() {
  if (!module.start)
    return Error::success();
  if (Error error = checkIndex(module.startOffset, *module.start,
                               module.functions.size(), "function"))
    return error;
  const FuncType &type = module.funcType(*module.start);
  if (!type.params.empty() || !type.results.empty())
    return errorAt(module.startOffset, "start function has type " +
                                           toString(type) + ", not (func)");
  return Error::success();
}

// Segments (Core 3.0, 3.5.8 Data Segments and 3.5.9 Element Segments).

Error ModuleValidator::validateElements() {
  for (const ElementSegment &segment : module.elements)
    if (Error error = validateElement(segment))
      return error;
  return Error::success();
}

Error ModuleValidator::validateElement(const ElementSegment &segment) {
  bool hasIndices = segment.expressions.empty() &&
                    segment.type == ValType::ref(AbstractHeap::Func, false);
  if (!hasIndices && segment.type != ValType::funcref())
    if (Error error = checkValType(segment.offset, segment.type, typeCount))
      return error;
  if (segment.mode == SegmentMode::Active) {
    if (Error error = checkIndex(segment.offset, segment.table,
                                 module.tables.size(), "table"))
      return error;
    const TableType &table = module.tables[segment.table].type;
    if (!matches(module, segment.type, table.element))
      return errorAt(segment.offset, "type mismatch: expected " +
                                         toString(table.element) + ", found " +
                                         toString(segment.type));
    ValType addr = table.limits.is64 ? ValType::I64 : ValType::I32;
    if (Error error = validateConstExpr(module, features, segment.tableOffset,
                                        addr, globalCount))
      return error;
  }
  for (uint32_t function : segment.functions)
    if (Error error = checkIndex(segment.offset, function,
                                 module.functions.size(), "function"))
      return error;
  for (Range expression : segment.expressions)
    if (Error error = validateConstExpr(module, features, expression,
                                        segment.type, globalCount))
      return error;
  return Error::success();
}

Error ModuleValidator::validateDatas() {
  for (const DataSegment &segment : module.datas) {
    if (segment.mode != SegmentMode::Active)
      continue;
    if (Error error = checkIndex(segment.offset, segment.memory,
                                 module.memories.size(), "memory"))
      return error;
    bool is64 = module.memories[segment.memory].type.limits.is64;
    if (Error error =
            validateConstExpr(module, features, segment.memoryOffset,
                              is64 ? ValType::I64 : ValType::I32, globalCount))
      return error;
  }
  return Error::success();
}

Error moat::validateModule(const Module &module, const FeatureSet &features) {
  return ModuleValidator(module, features).validate();
}
