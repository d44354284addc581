// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What belongs to a module as a whole, in partition 0: the storage of the
// process model, the module descriptor, the initialization, and the C entries
// of exports.

#include "Lower/ModuleLowering.h"
#include "Lower/ObjectLayout.h"
#include "Wasm/Limits.h"
#include "moat/abi/Manifest.h"

using namespace moat;

static_assert(abi::maximumDepth == limits::subtypingDepth);

namespace {
class ModuleDefinitions {
public:
  explicit ModuleDefinitions(ModuleLowering &lowering)
      : m(lowering), module(lowering.module), b(lowering.context) {}
  void run();

private:
  // Constants in the layout of abi/Layout.h.
  llvm::Constant *u8(uint64_t value) {
    return llvm::ConstantInt::get(m.i8, value);
  }
  llvm::Constant *u16(uint64_t value) {
    return llvm::ConstantInt::get(llvm::Type::getInt16Ty(m.context), value);
  }
  llvm::Constant *u32(uint64_t value) {
    return llvm::ConstantInt::get(m.i32, value, /*IsSigned=*/false,
                                  /*ImplicitTrunc=*/true);
  }
  llvm::Constant *u64(uint64_t value) {
    return llvm::ConstantInt::get(m.i64, value);
  }
  llvm::Constant *null() { return llvm::ConstantPointerNull::get(m.ptr); }
  llvm::Constant *structure(ArrayRef<llvm::Constant *> fields) {
    return llvm::ConstantStruct::getAnon(m.context, fields);
  }
  llvm::Constant *array(ArrayRef<llvm::Constant *> elements);
  llvm::Constant *bytes(ArrayRef<uint8_t> bytes);
  llvm::Constant *string(StringRef text);
  llvm::Constant *name(StringRef text) {
    return structure({string(text), u64(text.size())});
  }
  llvm::GlobalVariable *constant(llvm::Constant *contents,
                                 const Twine &name = "");
  llvm::GlobalVariable *defineSymbol(const Twine &name,
                                     llvm::Constant *contents, bool isConstant);
  /// One that every thread has for itself, in a program that spawns threads.
  void defineOwn(const Twine &name, llvm::Constant *contents) {
    llvm::GlobalVariable *symbol = defineSymbol(name, contents, false);
    if (m.isThreaded())
      symbol->setThreadLocalMode(llvm::GlobalValue::LocalExecTLSModel);
  }
  /// A symbol that the linker makes.
  llvm::Constant *linkerSymbol(const char *name);

  llvm::Constant *valueType(ValType type);
  llvm::Constant *limits(const Limits &limits, uint8_t pageSizeLog2,
                         ValType element);
  llvm::Constant *typeDescriptor(StringRef text, const SubType &type,
                                 bool hasEntries);
  llvm::Constant *types();
  llvm::Constant *imports();
  llvm::Constant *exports();
  llvm::Constant *functions();
  llvm::Constant *memoryTypes();
  llvm::Constant *tableTypes();
  llvm::Constant *globalTypes();
  llvm::Constant *tagTypes();
  llvm::Constant *elements();
  llvm::Constant *datas();
  void defineSegmentCells();
  void defineDescriptor();
  void defineManifest();
  void defineDescription();

  // The initialization (Core 3.0, 4.7.3 Instantiation).
  void defineInitialize();
  void initializeGlobals();
  void initializeTables();
  void initializeElements();
  llvm::Value *ownList(uint64_t size);
  void initializeDatas();
  std::optional<uint64_t> knownOffset(const DataSegment &segment);
  bool mayMap(uint32_t index);
  llvm::Constant *segmentBytes(uint32_t index);
  bool areKnown(const ElementSegment &segment) const;

  ModuleLowering &m;
  const Module &module;
  Builder b;
  llvm::Function *initialize = nullptr;
  SmallVector<llvm::Constant *>
      initialValues;                       ///< of globals; null where computed
  SmallVector<llvm::Constant *> dataBytes; ///< by data segment
  /// The part of a data segment that the runtime maps; empty: none.
  struct MappedPart {
    uint64_t begin = 0, end = 0; ///< in the segment
  };
  SmallVector<MappedPart> mappedParts; ///< by data segment
};
} // namespace

void moat::defineModule(ModuleLowering &lowering) {
  ModuleDefinitions(lowering).run();
}

void ModuleDefinitions::run() {
  for (const Global &global : module.globals)
    initialValues.push_back(global.import ? nullptr
                                          : m.constantValue(global.init));
  for (uint32_t i = 0; i < module.datas.size(); ++i)
    dataBytes.push_back(segmentBytes(i));
  defineInitialize();
  for (const Export &exported : module.exports)
    if (exported.kind == ExternKind::Func &&
        (m.isProcess() ? m.options.exportAll || exported.name == "_start" ||
                             (m.isThreaded() &&
                              exported.name == "wasi_thread_start")
                       : !m.options.library.empty()))
      defineExportEntry(m, exported);
  // Types first: what storage refers to them by is replaced when they are
  // defined.
  m.places->defineStorage(initialValues);
  if (m.isProcess())
    defineSegmentCells();
  defineDescriptor();
  if (!m.options.description.empty())
    defineDescription();
  if (m.isProcess())
    defineManifest();
  for (const Export &exported : module.exports)
    if (m.isProcess() && exported.kind == ExternKind::Func &&
        exported.name == m.options.invoke && !m.options.invoke.empty())
      defineInvokingMain(m, exported);
}

llvm::Constant *ModuleDefinitions::array(ArrayRef<llvm::Constant *> elements) {
  if (elements.empty())
    return nullptr;
  return llvm::ConstantArray::get(
      llvm::ArrayType::get(elements[0]->getType(), elements.size()), elements);
}

llvm::Constant *ModuleDefinitions::bytes(ArrayRef<uint8_t> bytes) {
  return llvm::ConstantDataArray::get(m.context, bytes);
}

llvm::GlobalVariable *ModuleDefinitions::constant(llvm::Constant *contents,
                                                  const Twine &name) {
  auto *global = new llvm::GlobalVariable(
      m.ir, contents->getType(), /*isConstant=*/true,
      llvm::GlobalValue::PrivateLinkage, contents, name);
  return global;
}

llvm::Constant *ModuleDefinitions::string(StringRef text) {
  llvm::GlobalVariable *global = constant(
      llvm::ConstantDataArray::getString(m.context, text, /*AddNull=*/true));
  global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  global->setAlignment(llvm::Align(1));
  return global;
}

llvm::GlobalVariable *ModuleDefinitions::defineSymbol(const Twine &name,
                                                      llvm::Constant *contents,
                                                      bool isConstant) {
  std::string key = name.str();
  llvm::GlobalVariable *declared = m.ir.getNamedGlobal(key);
  auto *global = new llvm::GlobalVariable(m.ir, contents->getType(), isConstant,
                                          llvm::GlobalValue::ExternalLinkage,
                                          contents, "");
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  global->setDSOLocal(true);
  if (declared) {
    declared->replaceAllUsesWith(global);
    declared->eraseFromParent();
  }
  global->setName(key);
  return global;
}

llvm::Constant *ModuleDefinitions::linkerSymbol(const char *name) {
  auto *global = new llvm::GlobalVariable(
      m.ir, m.i8, true, llvm::GlobalValue::ExternalWeakLinkage, nullptr, name);
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  global->setDSOLocal(true);
  return global;
}

llvm::Constant *ModuleDefinitions::valueType(ValType type) {
  abi::Kind kind = abi::Kind::I32;
  uint32_t typeIndex = 0;
  if (!type.isRef()) {
    kind = abi::Kind(uint8_t(abi::Kind::I32) + uint8_t(type.kind));
  } else if (type.heap.isConcrete()) {
    kind = abi::Kind::Concrete;
    typeIndex = type.heap.typeIndex();
  } else {
    kind = abi::Kind(uint8_t(abi::Kind::Func) + uint8_t(type.heap.abstract()));
  }
  return structure(
      {u8(uint8_t(kind)), u8(type.nullable), u16(0), u32(typeIndex)});
}

llvm::Constant *ModuleDefinitions::limits(const Limits &limits,
                                          uint8_t pageSizeLog2,
                                          ValType element) {
  return structure({u64(limits.min), u64(limits.max.value_or(UINT64_MAX)),
                    u8(limits.is64), u8(limits.isShared), u8(pageSizeLog2),
                    u8(0), u32(0), valueType(element)});
}

llvm::Constant *ModuleDefinitions::typeDescriptor(StringRef text,
                                                  const SubType &type,
                                                  bool hasEntries) {
  llvm::Constant *types = null(), *references = null();
  llvm::Constant *hostEntry = null(), *call = null();
  uint32_t referenceCount = 0;
  ObjectLayout layout;
  if (type.kind == SubType::Func) {
    SmallVector<llvm::Constant *> valueTypes;
    for (ValType param : type.func.params)
      valueTypes.push_back(valueType(param));
    for (ValType result : type.func.results)
      valueTypes.push_back(valueType(result));
    if (llvm::Constant *list = array(valueTypes))
      types = constant(list);
    if (hasEntries) {
      hostEntry = defineHostEntry(m, type.func);
      call = defineCallFromC(m, type.func);
    }
  } else {
    layout = layoutOf(module, type);
    SmallVector<llvm::Constant *> offsets;
    for (uint32_t offset : layout.references)
      offsets.push_back(u32(offset));
    if (llvm::Constant *list = array(offsets))
      references = constant(list);
    referenceCount = layout.references.size() + layout.hasFollowedElements;
  }
  uint32_t supertype =
      type.supertype ? module.types[*type.supertype].canonical : UINT32_MAX;
  return structure({string(text), types, u32(type.func.params.size()),
                    u32(type.func.results.size()), u32(supertype),
                    u32(type.depth), u8(uint8_t(type.kind)),
                    u8(layout.elementLog2), u16(0), u32(layout.sizeBytes),
                    u32(referenceCount), u32(0), references, hostEntry, call});
}

llvm::Constant *ModuleDefinitions::types() {
  SmallVector<llvm::Constant *> rows, tagTexts;
  std::vector<std::string> texts = typeTexts(module);
  for (auto [index, type] : llvm::enumerate(module.types))
    rows.push_back(typeDescriptor(texts[index], type,
                                  /*hasEntries=*/!m.isProcess() &&
                                      type.canonical == index));
  // Tags of the process model: see abi::Exception::tag.
  if (m.isProcess())
    for (const Tag &tag : module.tags)
      tagTexts.push_back(string(texts[tag.typeIndex]));
  if (!tagTexts.empty())
    defineSymbol("moat_tags", array(tagTexts), true);
  return array(rows);
}

llvm::Constant *ModuleDefinitions::imports() {
  SmallVector<llvm::Constant *> rows;
  for (const Import &import : module.imports) {
    uint32_t index = import.index;
    if (import.kind == ExternKind::Func)
      index = module.types[module.functions[index].typeIndex].canonical;
    else if (import.kind == ExternKind::Tag)
      index = module.types[module.tags[index].typeIndex].canonical;
    rows.push_back(
        structure({name(import.module), name(import.field),
                   u8(uint8_t(import.kind)), u8(0), u8(0), u8(0), u32(index)}));
  }
  return array(rows);
}

llvm::Constant *ModuleDefinitions::exports() {
  SmallVector<llvm::Constant *> rows;
  for (const Export &exported : module.exports) {
    uint32_t index = exported.index;
    if (exported.kind == ExternKind::Func)
      index = m.descriptorIndex(index);
    rows.push_back(structure({name(exported.name), u8(uint8_t(exported.kind)),
                              u8(0), u8(0), u8(0), u32(index)}));
  }
  return array(rows);
}

llvm::Constant *ModuleDefinitions::functions() {
  SmallVector<llvm::Constant *> rows;
  for (uint32_t i = module.importedFunctionCount; i < module.functions.size();
       ++i)
    if (m.escapingIndex(i) != UINT32_MAX)
      rows.push_back(
          structure({m.referenced(i),
                     u32(module.types[module.functions[i].typeIndex].canonical),
                     u32(i),
                     !m.isProcess() && m.summary.functions[i].isExported
                         ? static_cast<llvm::Constant *>(defineCallFromC(m, i))
                         : null()}));
  return array(rows);
}

llvm::Constant *ModuleDefinitions::memoryTypes() {
  SmallVector<llvm::Constant *> rows;
  for (const Memory &memory : module.memories)
    rows.push_back(
        limits(memory.type.limits, memory.type.pageSizeLog2, ValType()));
  return array(rows);
}

llvm::Constant *ModuleDefinitions::tableTypes() {
  SmallVector<llvm::Constant *> rows;
  for (const Table &table : module.tables)
    rows.push_back(limits(table.type.limits, 0, table.type.element));
  return array(rows);
}

llvm::Constant *ModuleDefinitions::globalTypes() {
  SmallVector<llvm::Constant *> rows;
  for (const Global &global : module.globals)
    rows.push_back(structure(
        {valueType(global.type.type), u32(global.type.isMutable), u32(0)}));
  return array(rows);
}

llvm::Constant *ModuleDefinitions::tagTypes() {
  SmallVector<llvm::Constant *> rows;
  for (const Tag &tag : module.tags)
    rows.push_back(u32(module.types[tag.typeIndex].canonical));
  return array(rows);
}

llvm::Constant *ModuleDefinitions::elements() {
  SmallVector<llvm::Constant *> rows;
  for (const ElementSegment &segment : module.elements) {
    llvm::Constant *list = null();
    if (!m.isProcess() && !segment.functions.empty()) {
      SmallVector<llvm::Constant *> indices;
      for (uint32_t function : segment.functions)
        indices.push_back(u32(m.descriptorIndex(function)));
      list = constant(array(indices));
    }
    rows.push_back(
        structure({list, u64(segment.size()), valueType(segment.type)}));
  }
  return array(rows);
}

llvm::Constant *ModuleDefinitions::datas() {
  SmallVector<llvm::Constant *> rows;
  for (auto [segment, contents] : llvm::zip_equal(module.datas, dataBytes))
    rows.push_back(structure({contents, u64(segment.bytes.bytes.size())}));
  return array(rows);
}

bool ModuleDefinitions::areKnown(const ElementSegment &segment) const {
  return m.isProcess() && segment.expressions.empty();
}

/// Process model: the cells that instructions see, filled. Where elements are
/// computed, the array is filled by the initialization.
void ModuleDefinitions::defineSegmentCells() {
  SmallVector<llvm::Constant *> cells;
  for (const ElementSegment &segment : module.elements) {
    llvm::Constant *list = null();
    auto *listType = llvm::ArrayType::get(m.ptr, segment.size());
    bool isApplied = segment.mode == SegmentMode::Active &&
                     m.places->isTableConstant(segment.table);
    uint64_t size = isApplied ? 0 : segment.size();
    // A thread's own list is stored by the initialization.
    if (size != 0 && (areKnown(segment) || !m.isThreaded())) {
      llvm::Constant *contents = llvm::Constant::getNullValue(listType);
      if (areKnown(segment)) {
        SmallVector<llvm::Constant *> references;
        for (uint32_t function : segment.functions)
          references.push_back(m.constantFunctionRef(function));
        contents = array(references);
      }
      list = constant(contents);
      llvm::cast<llvm::GlobalVariable>(list)->setConstant(areKnown(segment));
    }
    cells.push_back(structure({list, u64(size)}));
  }
  if (llvm::Constant *contents = array(cells))
    defineOwn("moat_elements", contents);
  if (llvm::Constant *contents = datas())
    defineOwn("moat_datas", contents);
}

void ModuleDefinitions::defineDescriptor() {
  auto pointerTo = [&](llvm::Constant *contents) -> llvm::Constant * {
    return contents ? static_cast<llvm::Constant *>(constant(contents))
                    : null();
  };
  llvm::Constant *typeArray = null();
  if (llvm::Constant *contents = types()) {
    defineSymbol("moat_types", contents, true);
    typeArray = m.ir.getNamedGlobal("moat_types");
  }
  uint32_t flags = m.isProcess() ? uint32_t(abi::Flag::Process) : 0;
  if (m.options.bounds == BoundsChecks::Checked)
    flags |= uint32_t(abi::Flag::CheckedBounds);
  if (m.isThreaded())
    flags |= uint32_t(abi::Flag::Threads);
  InstanceLayout layout{};
  layout.sizeBytes = sizeof(abi::Instance);
  if (!m.isProcess())
    layout = m.layout;
  auto [processMemories, processTables] = m.places->processArrays();
  llvm::Constant *processElements = null();
  SmallVector<llvm::Constant *> roots, mapped;
  for (auto [index, part] : llvm::enumerate(mappedParts))
    if (part.begin != part.end)
      mapped.push_back(structure(
          {u64(*knownOffset(module.datas[index]) + part.begin),
           llvm::ConstantExpr::getInBoundsGetElementPtr(
               m.i8, dataBytes[index], u64(part.begin)),
           u64(part.end - part.begin)}));
  if (m.isProcess()) {
    roots = m.places->processRoots();
    llvm::GlobalVariable *cells = m.ir.getNamedGlobal("moat_elements");
    if (cells && !cells->isThreadLocal())
      processElements = cells;
  }
  SmallVector<llvm::Constant *> fields{u32(abi::version),
                                       u32(flags),
                                       string(module.name),
                                       linkerSymbol("__ehdr_start"),
                                       linkerSymbol("__start_moat_functions"),
                                       linkerSymbol("__stop_moat_functions"),
                                       initialize,
                                       typeArray,
                                       pointerTo(imports()),
                                       pointerTo(exports()),
                                       pointerTo(functions()),
                                       pointerTo(memoryTypes()),
                                       pointerTo(tableTypes()),
                                       pointerTo(globalTypes()),
                                       pointerTo(tagTypes()),
                                       pointerTo(elements()),
                                       pointerTo(datas()),
                                       u32(module.types.size()),
                                       u32(module.imports.size()),
                                       u32(module.exports.size()),
                                       u32(m.escapingCount),
                                       u32(module.memories.size()),
                                       u32(module.tables.size()),
                                       u32(module.globals.size()),
                                       u32(module.tags.size()),
                                       u32(module.elements.size()),
                                       u32(module.datas.size()),
                                       u32(module.importedFunctionCount),
                                       u32(module.importedMemoryCount),
                                       u32(module.importedTableCount),
                                       u32(module.importedGlobalCount),
                                       u32(module.importedTagCount),
                                       u32(layout.sizeBytes),
                                       u32(layout.memoryBases),
                                       u32(layout.memories),
                                       u32(layout.tables),
                                       u32(layout.globals),
                                       u32(layout.globalCells),
                                       u32(layout.functionImports),
                                       u32(layout.functionRefs),
                                       u32(layout.types),
                                       u32(layout.elements),
                                       u32(layout.datas),
                                       u32(layout.tags),
                                       u32(roots.size()),
                                       processMemories,
                                       processTables,
                                       processElements,
                                       pointerTo(array(roots)),
                                       pointerTo(array(mapped)),
                                       u64(mapped.size())};
  defineSymbol("moat_module", structure(fields), true);
  if (!m.isProcess()) {
    llvm::GlobalVariable *descriptor = m.ir.getNamedGlobal("moat_module");
    descriptor->setVisibility(llvm::GlobalValue::ProtectedVisibility);
    if (!m.options.library.empty())
      llvm::GlobalAlias::create(m.options.library + "__module", descriptor)
          ->setVisibility(llvm::GlobalValue::ProtectedVisibility);
  }
  [[maybe_unused]] const llvm::StructLayout *check =
      m.ir.getDataLayout().getStructLayout(llvm::cast<llvm::StructType>(
          m.ir.getNamedGlobal("moat_module")->getValueType()));
  assert(check->getSizeInBytes() == sizeof(abi::ModuleDescriptor) &&
         "the descriptor's fields are those of abi/Layout.h");
}

/// Nobody refers to it, so the linker is asked to keep it.
void ModuleDefinitions::defineDescription() {
  const std::string &text = m.options.description;
  ArrayRef contents(reinterpret_cast<const uint8_t *>(text.data()),
                    text.size());
  llvm::GlobalVariable *description =
      constant(bytes(contents), "moat_description");
  description->setSection(".moat.module");
  description->setAlignment(llvm::Align(1));
  auto *used = new llvm::GlobalVariable(
      m.ir, llvm::ArrayType::get(m.ptr, 1), false,
      llvm::GlobalValue::AppendingLinkage,
      llvm::ConstantArray::get(llvm::ArrayType::get(m.ptr, 1), {description}),
      "llvm.used");
  used->setSection("llvm.metadata");
}

void ModuleDefinitions::defineManifest() {
  ArrayRef contents(
      reinterpret_cast<const uint8_t *>(m.options.manifest.data()),
      m.options.manifest.size());
  assert(!contents.empty() && "an executable has a manifest, if an empty one");
  defineSymbol("moat_manifest", bytes(contents), true);
  llvm::GlobalVariable *manifest = m.ir.getNamedGlobal("moat_manifest");
  manifest->setSection(abi::manifestSection);
  manifest->setAlignment(llvm::Align(8));
}

void ModuleDefinitions::defineInitialize() {
  auto *type = llvm::FunctionType::get(b.getVoidTy(), {m.ptr}, false);
  initialize = m.createFunction(type, "moat_initialize",
                                llvm::Function::InternalLinkage);
  initialize->setCallingConv(llvm::CallingConv::C);
  initialize->addFnAttr(llvm::Attribute::NoInline);
  b.SetInsertPoint(llvm::BasicBlock::Create(m.context, "", initialize));
  m.places->beginThread(b);
  initializeGlobals();
  initializeTables();
  initializeElements();
  initializeDatas();
  if (module.start)
    m.call(b, m.places->callee(b, *module.start),
           module.funcType(*module.start), {});
  b.CreateRetVoid();
}

/// In the process model known values are there from the start.
void ModuleDefinitions::initializeGlobals() {
  for (uint32_t i = module.importedGlobalCount; i < module.globals.size();
       ++i) {
    if (m.isProcess() && initialValues[i])
      continue;
    llvm::Value *value = lowerConstantExpression(m, b, module.globals[i].init);
    m.setGlobal(m.storeField(b, value, m.places->global(b, i), 0), i);
  }
}

void ModuleDefinitions::initializeTables() {
  for (auto [index, table] : llvm::enumerate(module.tables)) {
    if (table.init.bytes.empty())
      continue;
    llvm::Value *value = lowerConstantExpression(m, b, table.init);
    m.callBuiltin(b, Builtin::table_fill,
                  {m.places->instance(b), m.places->table(b, index), u64(0),
                   value, u64(table.type.limits.min)});
  }
}

/// Room for the elements that a thread computes of a segment.
llvm::Value *ModuleDefinitions::ownList(uint64_t size) {
  auto *type = llvm::ArrayType::get(m.ptr, size);
  auto *list = new llvm::GlobalVariable(
      m.ir, type, /*isConstant=*/false, llvm::GlobalValue::InternalLinkage,
      llvm::Constant::getNullValue(type), "moat_element_list", nullptr,
      llvm::GlobalValue::LocalExecTLSModel);
  return b.CreateThreadLocalAddress(list);
}

void ModuleDefinitions::initializeElements() {
  for (auto [index, segment] : llvm::enumerate(module.elements)) {
    bool isActive = segment.mode == SegmentMode::Active;
    if (isActive && m.places->isTableConstant(segment.table))
      continue;
    llvm::Value *cell = m.places->elementSegment(b, index);
    if (!segment.expressions.empty()) {
      if (m.isThreaded())
        m.storeField(b, ownList(segment.size()), cell,
                     offsetof(abi::ElementSegment, elements));
      llvm::Value *list =
          m.loadField(b, m.ptr, cell, offsetof(abi::ElementSegment, elements));
      for (auto [position, expression] : llvm::enumerate(segment.expressions)) {
        llvm::Value *element = lowerConstantExpression(m, b, expression);
        m.storeField(b, element, list, position * sizeof(void *));
      }
    }
    if (isActive) {
      llvm::Value *offset = lowerConstantExpression(m, b, segment.tableOffset);
      if (offset->getType() == m.i32)
        offset = b.CreateZExt(offset, m.i64);
      m.callBuiltin(b, Builtin::table_init,
                    {m.places->instance(b), m.places->table(b, segment.table),
                     cell, offset, u64(0), u64(segment.size())});
    }
    if (segment.mode != SegmentMode::Passive)
      m.storeField(b, u64(0), cell, offsetof(abi::ElementSegment, size));
  }
}

std::optional<uint64_t>
ModuleDefinitions::knownOffset(const DataSegment &segment) {
  if (auto *offset = llvm::dyn_cast_or_null<llvm::ConstantInt>(
          m.constantValue(segment.memoryOffset)))
    return offset->getZExtValue();
  return std::nullopt;
}

/// Whether pages of an active segment may be in memory before anything is
/// initialized. They may if nothing that comes earlier writes to the same
/// bytes: whether an earlier segment traps, nobody sees, as the program ends.
bool ModuleDefinitions::mayMap(uint32_t index) {
  const DataSegment &segment = module.datas[index];
  if (!m.isProcess() || m.isThreaded() || segment.mode != SegmentMode::Active ||
      segment.memory != 0)
    return false;
  const Memory &memory = module.memories[0];
  if (memory.import || memory.type.limits.isShared)
    return false;
  uint64_t size = segment.bytes.bytes.size();
  std::optional<uint64_t> offset = knownOffset(segment);
  // In bounds; where the sum of the sizes overflows, the first is too large.
  uint64_t pages = std::min<uint64_t>(memory.type.limits.min, UINT32_MAX);
  uint64_t memoryBytes = pages << memory.type.pageSizeLog2;
  if (!offset || *offset > memoryBytes || size > memoryBytes - *offset)
    return false;
  for (const DataSegment &earlier : ArrayRef(module.datas).take_front(index)) {
    if (earlier.mode != SegmentMode::Active || earlier.memory != 0)
      continue;
    std::optional<uint64_t> begin = knownOffset(earlier);
    if (!begin)
      return false;
    bool isBelow = *begin <= *offset &&
                   earlier.bytes.bytes.size() <= *offset - *begin;
    if (!isBelow && *begin < *offset + size)
      return false;
  }
  return true;
}

/// The bytes of a segment; its mapped part, if it has one, is aligned as in
/// memory.
llvm::Constant *ModuleDefinitions::segmentBytes(uint32_t index) {
  ArrayRef<uint8_t> contents = module.datas[index].bytes.bytes;
  MappedPart part;
  uint64_t padding = 0;
  if (contents.size() >= abi::mappedDataBytes && mayMap(index)) {
    uint64_t offset = *knownOffset(module.datas[index]);
    padding = offset % abi::mappedPageBytes;
    part.begin = llvm::alignTo(offset, abi::mappedPageBytes) - offset;
    part.end = llvm::alignDown(offset + contents.size(), abi::mappedPageBytes) -
               offset;
    if (part.end - part.begin < abi::mappedDataBytes)
      part = {};
  }
  mappedParts.push_back(part);
  if (contents.empty())
    return null();
  if (part.begin == part.end)
    return constant(bytes(contents), "moat_data");
  llvm::Constant *front = llvm::ConstantAggregateZero::get(
      llvm::ArrayType::get(m.i8, padding));
  llvm::GlobalVariable *global =
      constant(structure({front, bytes(contents)}), "moat_data");
  global->setConstant(false);
  global->setAlignment(llvm::Align(abi::mappedPageBytes));
  return llvm::ConstantExpr::getInBoundsGetElementPtr(m.i8, global,
                                                      u64(padding));
}

void ModuleDefinitions::initializeDatas() {
  for (auto [index, segment] : llvm::enumerate(module.datas)) {
    if (segment.mode != SegmentMode::Active)
      continue;
    llvm::Value *cell = m.places->dataSegment(b, index);
    llvm::Value *offset = lowerConstantExpression(m, b, segment.memoryOffset);
    if (offset->getType() == m.i32)
      offset = b.CreateZExt(offset, m.i64);
    auto copy = [&](uint64_t begin, uint64_t end) {
      m.callBuiltin(b, Builtin::memory_init,
                    {m.places->instance(b),
                     m.places->memory(b, segment.memory), cell,
                     b.CreateAdd(offset, u64(begin)), u64(begin),
                     u64(end - begin)});
    };
    // What the runtime has mapped is in memory, and no longer in the segment.
    uint64_t size = segment.bytes.bytes.size();
    MappedPart mapped = mappedParts[index];
    if (mapped.begin == mapped.end) {
      copy(0, size);
    } else {
      if (mapped.begin != 0)
        copy(0, mapped.begin);
      if (mapped.end != size)
        copy(mapped.end, size);
    }
    m.storeField(b, u64(0), cell, offsetof(abi::DataSegment, sizeBytes));
  }
}
