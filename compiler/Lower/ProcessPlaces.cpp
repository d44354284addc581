// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Where things live in an executable: one instance per process, so everything
// is a hidden symbol at a link-time address, and there is no instance
// parameter.
//
// Linear memory 0 is a symbol that the linker sets. Its type has no size: LLVM
// must not think that any byte of it can be read without a trap. A table that
// nothing changes is a constant array, and beside it stands an array of what a
// call needs, code and type, so that call_indirect loads both at once.
//
// In a program that can spawn threads, what an instance has for itself is a
// thread's: globals and segments are thread-local symbols, and so is the
// pointer to the abi::Instance, which leads to the context and to tables that
// change.

#include "Lower/ModuleLowering.h"
#include "Lower/ObjectLayout.h"

using namespace moat;

namespace {
class ProcessPlaces : public Places {
public:
  explicit ProcessPlaces(ModuleLowering &lowering) : m(lowering) {
    planTables();
  }

  llvm::Value *instance(Builder &b) override {
    if (m.isThreaded())
      return b.CreateLoad(m.ptr, own(b, symbol::threadInstance, m.ptr));
    return external("moat_instance", structures);
  }
  llvm::Value *context(Builder &b) override {
    if (m.isThreaded())
      return m.loadField(b, m.ptr, instance(b),
                         offsetof(abi::Instance, context), true);
    return external("moat_context", structures);
  }
  llvm::Value *memoryBase(Builder &b, uint32_t index) override;
  llvm::Value *memory(Builder &b, uint32_t index) override {
    return at(b, external("moat_memories", structures),
              index * sizeof(abi::Memory));
  }
  llvm::Value *table(Builder &b, uint32_t index) override {
    uint64_t offset = index * sizeof(abi::Table);
    if (!m.isThreaded())
      return at(b, external("moat_tables", structures), offset);
    llvm::Value *tables = m.loadField(b, m.ptr, instance(b),
                                      offsetof(abi::Instance, tables), true);
    return b.CreateConstGEP1_64(m.i8, tables, offset);
  }
  llvm::Value *tableElements(Builder &b, uint32_t index) override;
  llvm::Value *tableSize(Builder &b, uint32_t index) override;
  llvm::Value *global(Builder &b, uint32_t index) override {
    llvm::GlobalVariable *cell = globalCell(index);
    return cell->isThreadLocal() ? b.CreateThreadLocalAddress(cell)
                                 : static_cast<llvm::Value *>(cell);
  }
  llvm::Value *typeIdentity(Builder &b, uint32_t typeIndex) override;
  llvm::Value *functionRef(Builder &, uint32_t functionIndex) override {
    return m.constantFunctionRef(functionIndex);
  }
  Callee callee(Builder &b, uint32_t functionIndex) override;
  llvm::Value *tag(Builder &b, uint32_t tagIndex) override;
  Callee indirectCallee(Builder &b, uint32_t table, llvm::Value *index,
                        uint32_t typeIndex) override;
  ArrayRef<uint32_t> fewTargets(uint32_t table,
                                uint32_t typeIndex) const override;
  llvm::Value *elementSegment(Builder &b, uint32_t index) override {
    return at(b, own(b, "moat_elements", structures),
              index * sizeof(abi::ElementSegment));
  }
  llvm::Value *dataSegment(Builder &b, uint32_t index) override {
    return at(b, own(b, "moat_datas", structures),
              index * sizeof(abi::DataSegment));
  }
  void beginThread(Builder &b) override {
    if (m.isThreaded())
      b.CreateStore(b.GetInsertBlock()->getParent()->getArg(0),
                    own(b, symbol::threadInstance, m.ptr));
  }
  void defineStorage(ArrayRef<llvm::Constant *> initialValues) override;
  std::pair<llvm::Constant *, llvm::Constant *> processArrays() override {
    return {m.ir.getNamedGlobal("moat_memories"),
            m.ir.getNamedGlobal("moat_tables")};
  }
  SmallVector<llvm::Constant *> processRoots() override;
  bool isTableConstant(uint32_t table) const override {
    return !!constantTables[table];
  }

private:
  /// The elements of a table that nothing changes: function indices, or
  /// UINT32_MAX.
  using Elements = std::vector<uint32_t>;

  /// The functions of a type in a constant table.
  struct Targets {
    uint32_t function; ///< the only one, or `many`
    uint64_t count;
    uint64_t first, last; ///< elements
    /// Different ones, of which the first maxFew + 1 are kept.
    SmallVector<uint32_t, 4> different = {};

    static constexpr uint32_t many = UINT32_MAX;
    static constexpr size_t maxFew = 3;

    uint64_t rows() const { return last - first + 1; }
    /// The index alone tells whether an element is one of them.
    bool isRange() const { return count == rows(); }
    /// Different ones that lie close have a table of their own, in whose other
    /// rows are functions that trap: again the index is all that is compared.
    bool hasTable() const {
      return function == many && rows() <= 4 * count + 16;
    }
  };

  /// A symbol that another object defines, or that this one will.
  llvm::GlobalVariable *external(const Twine &name, llvm::Type *type,
                                 bool isConstant = false);
  /// Gives a symbol its contents, visible to the other partitions.
  llvm::GlobalVariable *define(const Twine &name, llvm::Constant *contents,
                               bool isConstant);
  llvm::Value *at(Builder &b, llvm::Value *base, uint64_t offset) {
    return offset == 0 ? base : b.CreateConstGEP1_64(m.i8, base, offset);
  }
  /// The address of a symbol that every thread has for itself.
  llvm::Value *own(Builder &b, const Twine &name, llvm::Type *type) {
    llvm::GlobalVariable *symbol = external(name, type);
    if (!m.isThreaded())
      return symbol;
    symbol->setThreadLocalMode(llvm::GlobalValue::LocalExecTLSModel);
    return b.CreateThreadLocalAddress(symbol);
  }
  /// Whether each thread has a cell of a defined global.
  bool isOwn(uint32_t globalIndex) {
    return m.isThreaded() && !m.constantGlobal(globalIndex);
  }
  llvm::GlobalVariable *globalCell(uint32_t index);
  llvm::Constant *typeIdentity(uint32_t typeIndex);
  void checkElement(Builder &b, uint32_t table, llvm::Value *index);
  Callee constantCallee(Builder &b, uint32_t table, llvm::Value *index,
                        uint32_t typeIndex);
  void planTables();
  std::optional<Elements> planTable(uint32_t table);
  void defineConstantTable(uint32_t table);
  void defineCodeTable(uint32_t table, uint32_t canonical,
                       const Targets &known);
  uint32_t canonicalTypeOf(uint32_t functionIndex) {
    return m.module.types[m.module.functions[functionIndex].typeIndex]
        .canonical;
  }
  llvm::Constant *codeOf(uint32_t functionIndex) {
    return m.module.functions[functionIndex].import
               ? m.importThunk(functionIndex)
               : m.function(functionIndex);
  }
  void defineFunctionRef(uint32_t functionIndex);
  void defineTypes();

  ModuleLowering &m;
  llvm::Type *structures = llvm::ArrayType::get(m.i8, 0);
  llvm::StructType *callEntry =
      llvm::StructType::get(m.context, {m.ptr, m.ptr});
  std::vector<std::optional<Elements>> constantTables;
  /// Of a constant table: its functions of a type, by their canonical type.
  std::vector<llvm::DenseMap<uint32_t, Targets>> targets;
};
} // namespace

std::unique_ptr<Places> moat::makeProcessPlaces(ModuleLowering &lowering) {
  return std::make_unique<ProcessPlaces>(lowering);
}

llvm::GlobalVariable *
ProcessPlaces::external(const Twine &name, llvm::Type *type, bool isConstant) {
  std::string key = name.str();
  if (llvm::GlobalVariable *known = m.ir.getNamedGlobal(key))
    return known;
  auto *global = new llvm::GlobalVariable(
      m.ir, type, isConstant, llvm::GlobalValue::ExternalLinkage, nullptr, key);
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  global->setDSOLocal(true);
  return global;
}

llvm::GlobalVariable *ProcessPlaces::define(const Twine &name,
                                            llvm::Constant *contents,
                                            bool isConstant) {
  std::string key = name.str();
  llvm::GlobalVariable *declared = m.ir.getNamedGlobal(key);
  auto *global = new llvm::GlobalVariable(m.ir, contents->getType(), isConstant,
                                          llvm::GlobalValue::ExternalLinkage,
                                          contents, "");
  global->setVisibility(llvm::GlobalValue::HiddenVisibility);
  global->setDSOLocal(true);
  if (m.isOnlyPartition())
    global->setLinkage(llvm::GlobalValue::InternalLinkage);
  if (declared) {
    declared->replaceAllUsesWith(global);
    declared->eraseFromParent();
  }
  global->setName(key);
  return global;
}

llvm::Value *ProcessPlaces::memoryBase(Builder &b, uint32_t index) {
  if (index == 0)
    return external("moat_memory0", structures);
  return m.loadField(b, m.ptr, memory(b, index), offsetof(abi::Memory, base),
                     true);
}

llvm::Value *ProcessPlaces::tableElements(Builder &b, uint32_t index) {
  if (const auto &elements = constantTables[index])
    return external(symbol::tableElements(index),
                    llvm::ArrayType::get(m.ptr, elements->size()), true);
  return m.loadField(b, m.ptr, table(b, index), offsetof(abi::Table, elements));
}

llvm::Value *ProcessPlaces::tableSize(Builder &b, uint32_t index) {
  if (const auto &elements = constantTables[index])
    return b.getInt64(elements->size());
  return m.loadField(b, m.i64, table(b, index), offsetof(abi::Table, size));
}

llvm::GlobalVariable *ProcessPlaces::globalCell(uint32_t index) {
  const Global &global = m.module.globals[index];
  llvm::Type *type = m.type(global.type.type);
  if (!global.import) {
    llvm::GlobalVariable *cell = external(symbol::global(index), type);
    if (isOwn(index))
      cell->setThreadLocalMode(llvm::GlobalValue::LocalExecTLSModel);
    return cell;
  }
  const Import &import = m.module.imports[*global.import];
  return external(importSymbol(import.module, import.field), type);
}

llvm::Constant *ProcessPlaces::typeIdentity(uint32_t typeIndex) {
  return external(symbol::type(m.module.types[typeIndex].canonical), structures,
                  true);
}

llvm::Value *ProcessPlaces::typeIdentity(Builder &, uint32_t typeIndex) {
  return typeIdentity(typeIndex);
}

llvm::Value *ProcessPlaces::tag(Builder &b, uint32_t tagIndex) {
  const Tag &tag = m.module.tags[tagIndex];
  if (!tag.import)
    return at(b, external("moat_tags", structures), tagIndex * sizeof(void *));
  const Import &import = m.module.imports[*tag.import];
  return external(importSymbol(import.module, import.field), m.ptr);
}

Callee ProcessPlaces::callee(Builder &, uint32_t functionIndex) {
  if (m.module.functions[functionIndex].import)
    return {m.importThunk(functionIndex), nullptr};
  return {m.function(functionIndex), nullptr};
}

void ProcessPlaces::checkElement(Builder &b, uint32_t table,
                                 llvm::Value *index) {
  m.trapIf(b, b.CreateICmpUGE(index, tableSize(b, table)),
           TrapKind::UndefinedElement);
}

/// Of a table that nothing changes.
Callee ProcessPlaces::constantCallee(Builder &b, uint32_t table,
                                     llvm::Value *index, uint32_t typeIndex) {
  llvm::FunctionType *type = m.functionType(m.module.types[typeIndex].func);
  uint32_t canonical = m.module.types[typeIndex].canonical;
  auto trapKind = [&](llvm::Value *isNull) {
    return b.CreateSelect(isNull,
                          b.getInt32(uint32_t(TrapKind::UninitializedElement)),
                          b.getInt32(uint32_t(TrapKind::IndirectCallType)));
  };
  const Targets *known = nullptr;
  if (auto found = targets[table].find(canonical);
      m.isExact(typeIndex) && found != targets[table].end())
    known = &found->second;

  if (known && (known->isRange() || known->hasTable())) {
    llvm::Value *row = b.CreateSub(index, b.getInt64(known->first));
    llvm::Value *isRow = b.CreateICmpULT(row, b.getInt64(known->rows()));
    m.trapUnless(b, isRow, [&] {
      checkElement(b, table, index);
      llvm::Value *place = b.CreateGEP(m.ptr, tableElements(b, table), index);
      return trapKind(b.CreateIsNull(m.loadField(b, m.ptr, place, 0, true)));
    });
    if (known->function != Targets::many)
      return callee(b, known->function);
    llvm::Value *codes =
        external(symbol::codeTable(table, canonical),
                 llvm::ArrayType::get(m.ptr, known->rows()), true);
    llvm::Value *place = b.CreateGEP(m.ptr, codes, row);
    return {{type, m.loadField(b, m.ptr, place, 0, true)}, nullptr};
  }

  checkElement(b, table, index);
  llvm::Value *calls = external(
      symbol::callTable(table),
      llvm::ArrayType::get(callEntry, constantTables[table]->size()), true);
  llvm::Value *entry = b.CreateGEP(callEntry, calls, index);
  llvm::Value *identity = m.loadField(b, m.ptr, entry, 8, true);
  if (!m.isExact(typeIndex))
    m.trapIf(b, b.CreateIsNull(identity), TrapKind::UninitializedElement);
  m.trapUnless(b, m.isSubtype(b, identity, typeIndex),
               [&] { return trapKind(b.CreateIsNull(identity)); });
  if (known && known->function != Targets::many)
    return callee(b, known->function);
  return {{type, m.loadField(b, m.ptr, entry, 0, true)}, nullptr};
}

Callee ProcessPlaces::indirectCallee(Builder &b, uint32_t table,
                                     llvm::Value *index, uint32_t typeIndex) {
  if (constantTables[table])
    return constantCallee(b, table, index, typeIndex);
  checkElement(b, table, index);
  llvm::Value *place = b.CreateGEP(m.ptr, tableElements(b, table), index);
  llvm::Value *reference = m.loadField(b, m.ptr, place, 0);
  m.trapIf(b, b.CreateIsNull(reference), TrapKind::UninitializedElement);
  llvm::Value *type =
      m.loadField(b, m.ptr, reference, offsetof(abi::FuncRef, type), true);
  m.trapIf(b, b.CreateNot(m.isSubtype(b, type, typeIndex)),
           TrapKind::IndirectCallType);
  return m.referenceCallee(b, reference, m.module.types[typeIndex].func);
}

ArrayRef<uint32_t> ProcessPlaces::fewTargets(uint32_t table,
                                             uint32_t typeIndex) const {
  auto found = targets[table].find(m.module.types[typeIndex].canonical);
  if (!m.isExact(typeIndex) || found == targets[table].end())
    return {};
  const Targets &known = found->second;
  // The code of an import is another one in each partition.
  bool areOwn = llvm::none_of(known.different, [&](uint32_t function) {
    return m.module.functions[function].import.has_value();
  });
  if (known.function != Targets::many || !areOwn ||
      known.different.size() > Targets::maxFew)
    return {};
  return known.different;
}

void ProcessPlaces::planTables() {
  for (uint32_t i = 0; i < m.module.tables.size(); ++i) {
    constantTables.push_back(planTable(i));
    targets.emplace_back();
    if (!constantTables[i])
      continue;
    for (auto [element, function] : llvm::enumerate(*constantTables[i])) {
      if (function == UINT32_MAX)
        continue;
      Targets &known = targets[i]
                           .try_emplace(canonicalTypeOf(function),
                                        Targets{function, 0, element, element})
                           .first->second;
      if (known.function != function)
        known.function = Targets::many;
      if (known.different.size() <= Targets::maxFew &&
          !llvm::is_contained(known.different, function))
        known.different.push_back(function);
      ++known.count;
      known.last = element;
    }
  }
}

/// The elements of a table that no instruction changes and that instantiation
/// fills with known functions, all within bounds (else instantiation traps,
/// which is the runtime's).
std::optional<ProcessPlaces::Elements>
ProcessPlaces::planTable(uint32_t table) {
  const Table &definition = m.module.tables[table];
  constexpr uint64_t maxSize = 1 << 20;
  uint64_t size = definition.type.limits.min;
  if (definition.import || m.summary.tableIsChanged[table] || size > maxSize ||
      !definition.init.bytes.empty() ||
      definition.type.element != ValType::funcref())
    return std::nullopt;
  Elements elements(size, UINT32_MAX);
  for (const ElementSegment &segment : m.module.elements) {
    if (segment.mode != SegmentMode::Active || segment.table != table)
      continue;
    auto *offset = llvm::dyn_cast_or_null<llvm::ConstantInt>(
        m.constantValue(segment.tableOffset));
    if (!offset || !segment.expressions.empty())
      return std::nullopt;
    uint64_t begin = offset->getZExtValue();
    if (begin > size || segment.functions.size() > size - begin)
      return std::nullopt;
    std::copy(segment.functions.begin(), segment.functions.end(),
              elements.begin() + begin);
  }
  return elements;
}

void ProcessPlaces::defineConstantTable(uint32_t table) {
  const Elements &elements = *constantTables[table];
  llvm::Constant *null = llvm::ConstantPointerNull::get(m.ptr);
  SmallVector<llvm::Constant *> references, calls;
  for (uint32_t functionIndex : elements) {
    if (functionIndex == UINT32_MAX) {
      references.push_back(null);
      calls.push_back(llvm::ConstantStruct::get(callEntry, {null, null}));
      continue;
    }
    uint32_t typeIndex = m.module.functions[functionIndex].typeIndex;
    references.push_back(m.constantFunctionRef(functionIndex));
    calls.push_back(llvm::ConstantStruct::get(
        callEntry, {codeOf(functionIndex), typeIdentity(typeIndex)}));
  }
  define(symbol::tableElements(table),
         llvm::ConstantArray::get(llvm::ArrayType::get(m.ptr, elements.size()),
                                  references),
         true);
  define(symbol::callTable(table),
         llvm::ConstantArray::get(
             llvm::ArrayType::get(callEntry, elements.size()), calls),
         true);
  for (const auto &[canonical, known] : targets[table])
    if (known.hasTable())
      defineCodeTable(table, canonical, known);
}

void ProcessPlaces::defineCodeTable(uint32_t table, uint32_t canonical,
                                    const Targets &known) {
  auto stub = [&](Builtin which) {
    return llvm::cast<llvm::Constant>(m.builtin(which).getCallee());
  };
  SmallVector<llvm::Constant *> codes;
  for (uint64_t i = known.first; i <= known.last; ++i) {
    uint32_t function = (*constantTables[table])[i];
    if (function == UINT32_MAX)
      codes.push_back(stub(Builtin::trap_null_element));
    else if (canonicalTypeOf(function) != canonical)
      codes.push_back(stub(Builtin::trap_call_type));
    else
      codes.push_back(codeOf(function));
  }
  define(symbol::codeTable(table, canonical),
         llvm::ConstantArray::get(llvm::ArrayType::get(m.ptr, codes.size()),
                                  codes),
         true);
}

void ProcessPlaces::defineFunctionRef(uint32_t functionIndex) {
  uint32_t typeIndex = m.module.functions[functionIndex].typeIndex;
  llvm::Constant *null = llvm::ConstantPointerNull::get(m.ptr);
  define(symbol::functionRef(functionIndex),
         llvm::ConstantStruct::getAnon(
             {codeOf(functionIndex), null, typeIdentity(typeIndex), null}),
         true);
}

/// abi::TypeIdentity of every type. Those that nothing refers to are left out
/// by the linker.
void ProcessPlaces::defineTypes() {
  auto u32 = [&](uint64_t value) {
    return llvm::ConstantInt::get(m.i32, value);
  };
  auto u8 = [&](uint64_t value) { return llvm::ConstantInt::get(m.i8, value); };
  auto hidden = [&](llvm::Constant *contents) -> llvm::Constant * {
    auto *global =
        new llvm::GlobalVariable(m.ir, contents->getType(), /*isConstant=*/true,
                                 llvm::GlobalValue::PrivateLinkage, contents);
    global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    return global;
  };
  llvm::Constant *null = llvm::ConstantPointerNull::get(m.ptr);
  std::vector<std::string> texts = typeTexts(m.module);
  for (auto [index, type] : llvm::enumerate(m.module.types)) {
    if (type.canonical != index)
      continue;
    static const ObjectLayout nothing;
    const ObjectLayout &layout =
        type.kind == SubType::Func ? nothing : m.objectLayout(index);
    SmallVector<llvm::Constant *, abi::minimumDisplay> display(
        std::max<uint32_t>(type.depth + 1, abi::minimumDisplay), null);
    const SubType *super = &type;
    for (uint32_t depth = type.depth; depth > 0; --depth) {
      super = &m.module.types[*super->supertype];
      display[depth - 1] = typeIdentity(super->canonical);
    }
    // The type's own entry is its address: of the definition below.
    display[type.depth] = typeIdentity(index);
    llvm::Constant *references = layout.references.empty()
                                     ? null
                                     : hidden(llvm::ConstantDataArray::get(
                                           m.context, layout.references));
    define(symbol::type(index),
           llvm::ConstantStruct::getAnon(
               {hidden(llvm::ConstantDataArray::getString(m.context,
                                                          texts[index])),
                references, u32(layout.sizeBytes),
                u32(layout.references.size() + layout.hasFollowedElements),
                u32(type.depth), u8(uint8_t(type.kind)), u8(layout.elementLog2),
                llvm::ConstantInt::get(llvm::Type::getInt16Ty(m.context), 0),
                llvm::ConstantArray::get(
                    llvm::ArrayType::get(m.ptr, display.size()), display)}),
           true);
  }
}

void ProcessPlaces::defineStorage(ArrayRef<llvm::Constant *> initialValues) {
  auto zeroed = [&](uint64_t sizeBytes) {
    return llvm::ConstantAggregateZero::get(
        llvm::ArrayType::get(m.i64, sizeBytes / 8));
  };
  define("moat_memories",
         zeroed(m.module.memories.size() * sizeof(abi::Memory)), false);

  defineTypes();

  SmallVector<llvm::Constant *> tables;
  llvm::Constant *null = llvm::ConstantPointerNull::get(m.ptr);
  for (uint32_t i = 0; i < m.module.tables.size(); ++i) {
    llvm::Constant *elements = null, *size = llvm::ConstantInt::get(m.i64, 0);
    if (isTableConstant(i)) {
      defineConstantTable(i);
      elements = m.ir.getNamedGlobal(symbol::tableElements(i));
      size = llvm::ConstantInt::get(m.i64, constantTables[i]->size());
    }
    tables.push_back(
        llvm::ConstantStruct::getAnon({elements, size, size, null}));
  }
  auto *tableType =
      llvm::StructType::get(m.context, {m.ptr, m.i64, m.i64, m.ptr});
  define("moat_tables",
         llvm::ConstantArray::get(
             llvm::ArrayType::get(tableType, tables.size()), tables),
         m.isThreaded());

  for (uint32_t i = m.module.importedGlobalCount; i < m.module.globals.size();
       ++i) {
    if (m.constantGlobal(i) && !m.options.exportAll)
      continue; // every use is the constant
    llvm::Constant *value = initialValues[i];
    llvm::GlobalVariable *cell =
        define(symbol::global(i),
               value ? value
                     : llvm::Constant::getNullValue(
                           m.type(m.module.globals[i].type.type)),
               false);
    if (isOwn(i))
      cell->setThreadLocalMode(llvm::GlobalValue::LocalExecTLSModel);
  }
  if (m.isThreaded())
    define(symbol::threadInstance, null, false)
        ->setThreadLocalMode(llvm::GlobalValue::LocalExecTLSModel);
  for (uint32_t i = 0; i < m.module.functions.size(); ++i)
    if (m.summary.functions[i].escapes)
      defineFunctionRef(i);
}

/// Globals that are null or known when compiling hold nothing to follow.
SmallVector<llvm::Constant *> ProcessPlaces::processRoots() {
  SmallVector<llvm::Constant *> roots;
  if (m.isThreaded())
    return roots; // see ModuleSummary::spawnsThreads
  for (uint32_t i = 0; i < m.module.globals.size(); ++i)
    if (isFollowed(m.module, m.module.globals[i].type.type) &&
        !m.constantGlobal(i))
      roots.push_back(globalCell(i));
  return roots;
}
