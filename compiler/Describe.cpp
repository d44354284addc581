// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Features are found where they show: in a type, in a section, or in the row of
// an instruction. Bodies are read once, for their opcodes.

#include "Describe.h"
#include "Decode/Instructions.h"

using namespace moat;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

// Features.

namespace {

class FeatureFinder {
public:
  explicit FeatureFinder(const Module &module) : module(module) {}
  FeatureSet find();

private:
  void addType(ValType type);
  void addSubType(const SubType &type);
  void addLimits(const Limits &limits);
  void addCode(Range code);
  void addConstant(Range code);

  const Module &module;
  FeatureSet used;
};

} // namespace

void FeatureFinder::addType(ValType type) {
  if (type.kind == ValType::V128)
    used.add(Feature::Simd);
  if (!type.isRef())
    return;
  if (!type.nullable || type.heap.isConcrete()) {
    used.add(Feature::FunctionReferences);
    return;
  }
  switch (type.heap.abstract()) {
  case AbstractHeap::Func:
    return;
  case AbstractHeap::Extern:
    return used.add(Feature::ReferenceTypes);
  case AbstractHeap::Exn:
  case AbstractHeap::NoExn:
    return used.add(Feature::Exceptions);
  default:
    return used.add(Feature::GC);
  }
}

void FeatureFinder::addSubType(const SubType &type) {
  if (type.kind != SubType::Func || type.supertype || !type.isFinal ||
      type.recGroupSize > 1)
    used.add(Feature::GC);
  for (ValType value : type.func.params)
    addType(value);
  for (ValType value : type.func.results)
    addType(value);
  for (const FieldType &field : type.fields)
    addType(field.type);
  if (type.func.results.size() > 1)
    used.add(Feature::MultiValue);
}

void FeatureFinder::addLimits(const Limits &limits) {
  if (limits.is64)
    used.add(Feature::Memory64);
  if (limits.isShared)
    used.add(Feature::Threads);
}

void FeatureFinder::addCode(Range code) {
  InstructionReader reader(code);
  Instruction instruction;
  while (!reader.atEnd()) {
    reader.readValidated(instruction);
    used.add(info(instruction.opcode).feature);
  }
}

void FeatureFinder::addConstant(Range code) {
  if (code.bytes.empty())
    return;
  InstructionReader reader(code);
  Instruction instruction;
  for (unsigned count = 0; !reader.atEnd(); ++count) {
    reader.readValidated(instruction);
    used.add(info(instruction.opcode).feature);
    if (count > 1) // more than one instruction and the end
      used.add(Feature::ExtendedConst);
  }
}

FeatureSet FeatureFinder::find() {
  for (const SubType &type : module.types)
    addSubType(type);
  for (const Table &table : module.tables) {
    addType(table.type.element);
    addLimits(table.type.limits);
    addConstant(table.init);
  }
  for (const Memory &memory : module.memories) {
    addLimits(memory.type.limits);
    if (memory.type.pageSizeLog2 != 16)
      used.add(Feature::CustomPageSizes);
  }
  if (module.memories.size() > 1)
    used.add(Feature::MultiMemory);
  if (module.tables.size() > 1)
    used.add(Feature::ReferenceTypes);
  // Clang's legacy exceptions have tags, too; their instructions tell.
  for (const Global &global : module.globals) {
    addType(global.type.type);
    addConstant(global.init);
    if (global.import && global.type.isMutable)
      used.add(Feature::MutableGlobals);
  }
  for (const Export &exported : module.exports)
    if (exported.kind == ExternKind::Global &&
        module.globals[exported.index].type.isMutable)
      used.add(Feature::MutableGlobals);
  for (const ElementSegment &segment : module.elements) {
    addConstant(segment.tableOffset);
    for (Range expression : segment.expressions)
      addConstant(expression);
    if (segment.mode != SegmentMode::Active)
      used.add(Feature::BulkMemory);
  }
  for (const DataSegment &segment : module.datas) {
    addConstant(segment.memoryOffset);
    if (segment.mode != SegmentMode::Active)
      used.add(Feature::BulkMemory);
  }
  for (const Function &function : module.functions)
    if (!function.import)
      addCode(llvm::cantFail(readFunctionBody(function)).code);
  if (!module.tags.empty() && !used.has(Feature::LegacyExceptions))
    used.add(Feature::Exceptions);
  used.remove(Feature::Core1);
  return used;
}

FeatureSet moat::usedFeatures(const Module &module) {
  return FeatureFinder(module).find();
}

// The description.

static std::string limitsText(const Limits &limits) {
  std::string text = limits.is64 ? "i64 " : "";
  text += std::to_string(limits.min);
  if (limits.max)
    text += " " + std::to_string(*limits.max);
  return text + (limits.isShared ? " shared" : "");
}

/// The type of an import or export in the text format's spelling.
static std::string typeText(const Module &module, ExternKind kind,
                            uint32_t index) {
  switch (kind) {
  case ExternKind::Func:
    return toString(module.funcType(index));
  case ExternKind::Table:
    return limitsText(module.tables[index].type.limits) + " " +
           toString(module.tables[index].type.element);
  case ExternKind::Memory:
    return limitsText(module.memories[index].type.limits);
  case ExternKind::Global: {
    const GlobalType &type = module.globals[index].type;
    return type.isMutable ? "(mut " + toString(type.type) + ")"
                          : toString(type.type);
  }
  case ExternKind::Tag:
    return toString(module.types[module.tags[index].typeIndex].func);
  }
  llvm_unreachable("a kind without a type");
}

static StringRef kindText(ExternKind kind) {
  static constexpr StringRef texts[] = {"func", "table", "memory", "global",
                                        "tag"};
  return texts[static_cast<unsigned>(kind)];
}

Object moat::describe(const Module &module) {
  Array imports, exports, memories, features;
  for (const Import &import : module.imports)
    imports.push_back(
        Object{{"module", import.module},
               {"field", import.field},
               {"kind", kindText(import.kind)},
               {"type", typeText(module, import.kind, import.index)}});
  for (const Export &exported : module.exports)
    exports.push_back(
        Object{{"name", exported.name},
               {"kind", kindText(exported.kind)},
               {"type", typeText(module, exported.kind, exported.index)}});
  for (const Memory &memory : module.memories) {
    Object object{{"pages", memory.type.limits.min},
                  {"page-size", uint64_t(1) << memory.type.pageSizeLog2}};
    if (memory.type.limits.max)
      object["maximum"] = *memory.type.limits.max;
    memories.push_back(std::move(object));
  }
  FeatureSet used = usedFeatures(module);
#define FEATURE(name, text, built, where)                                      \
  if (used.has(Feature::name))                                                 \
    features.push_back(text);
#include "Wasm/Features.def"
  Object result{{"imports", std::move(imports)},
                {"exports", std::move(exports)},
                {"memories", std::move(memories)},
                {"features", std::move(features)}};
  if (!module.name.empty())
    result["name"] = module.name;
  return result;
}
