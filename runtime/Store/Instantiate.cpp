// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Instantiation (Core 3.0, 4.7.3) goes through the descriptor once: types are
// interned, so that a pointer identifies them in every module of the store;
// imports are looked up and matched; the instance's arrays are filled; compiled
// code does the rest.

#include "Errno.h"
#include "Memory.h"
#include "Store/Types.h"
#include <cstring>

namespace moat::rt {

namespace {

/// One call of Store::instantiate.
class Instantiation {
public:
  Instantiation(Contents &store, const abi::ModuleDescriptor &module,
                std::span<const Import> imports, LinkError &error)
      : store(store), module(module), imports(imports), error(error) {}

  Instance *run();

private:
  Contents &store;
  const abi::ModuleDescriptor &module;
  std::span<const Import> imports;
  LinkError &error;
  StoreInstance *instance = nullptr;
  uint32_t nextOfKind[5] = {}; ///< of imports, by ExternKind

  template <typename T>
  T *array(uint32_t offset) {
    return instance->array<T>(offset);
  }
  bool isChecked() const {
    return module.flags & static_cast<uint32_t>(abi::Flag::CheckedBounds);
  }

  bool checkModule();
  bool allocateInstance();
  bool internTypes();
  bool describeValues(const abi::TypeIdentity *type,
                      const abi::TypeDescriptor &descriptor);
  bool linkImports();
  bool linkImport(const abi::ImportDescriptor &import);
  ExternType wantedType(const abi::ImportDescriptor &import);
  void place(const abi::ImportDescriptor &import, const Extern &provided,
             uint32_t index);
  bool makeMemories();
  bool failForMemory(const abi::LimitsDescriptor &type, Errno reason);
  bool makeTables();
  bool makeTags();
  void makeFunctionRefs();
  bool makeSegments();
  bool initialize();

  bool fail(LinkError::Kind kind, const Message &text) {
    error.kind = kind;
    copyText(text, error.text, sizeof(error.text));
    return false;
  }
  bool failForResources(const char *what) {
    Message text;
    text << what;
    return fail(LinkError::Resources, text);
  }
  bool failForImport(const abi::ImportDescriptor &import,
                     const Extern *provided, const char *reason);
};

} // namespace

bool Instantiation::checkModule() {
  Message text;
  if (module.version != abi::version) {
    text << "the module is of ABI version " << module.version
         << ", this runtime of " << abi::version;
    return fail(LinkError::BadModule, text);
  }
  if (module.flags & static_cast<uint32_t>(abi::Flag::Process)) {
    text << "the module was compiled for an executable of its own";
    return fail(LinkError::BadModule, text);
  }
  if (module.flags & ~static_cast<uint32_t>(abi::Flag::CheckedBounds)) {
    text << "the module has flags that this runtime does not know";
    return fail(LinkError::BadModule, text);
  }
  return true;
}

bool Instantiation::allocateInstance() {
  instance = allocate<StoreInstance>();
  if (!instance)
    return failForResources("no memory for the instance");
  uint64_t aligned = (module.instanceSizeBytes + uint64_t(15)) & ~uint64_t(15);
  auto *compiled = static_cast<abi::Instance *>(aligned_alloc(16, aligned));
  if (!compiled)
    return failForResources("no memory for the instance");
  memset(static_cast<void *>(compiled), 0, aligned);
  compiled->module = &module;
  compiled->context = &store.context;
  compiled->runtime = &instance->runtime;
  instance->runtime.compiled = compiled;
  instance->hasTables = instance->tables.locate(module.elfHeader);
  if (instance->hasTables || !module.functionCount)
    return true;
  // Without them nothing can be interrupted or thrown.
  Message text;
  text << "the file with the module has no table of its frames: link it with "
          "-Wl,--eh-frame-hdr";
  return fail(LinkError::BadModule, text);
}

/// What the module's descriptor says of a type: the same in every module.
static void describeType(abi::TypeIdentity &type,
                         const abi::TypeDescriptor &descriptor,
                         abi::TypeIdentity *const *types) {
  type.references = descriptor.references;
  type.sizeBytes = descriptor.sizeBytes;
  type.referenceCount = descriptor.referenceCount;
  type.elementLog2 = descriptor.elementLog2;
  type.depth = descriptor.depth;
  // A supertype is in front of its subtypes, and so complete already.
  if (descriptor.supertype != UINT32_MAX)
    memcpy(type.display, types[descriptor.supertype]->display,
           descriptor.depth * sizeof(type.display[0]));
  type.display[type.depth] = &type;
}

/// Of a function type that modules may call the host's functions by, or be
/// called by. False: no memory.
bool Instantiation::describeValues(const abi::TypeIdentity *type,
                                   const abi::TypeDescriptor &descriptor) {
  InternedType &interned = internedOf(type);
  uint32_t count = descriptor.parameterCount + descriptor.resultCount;
  bool hasFunctions = false;
  for (uint32_t i = 0; i < count; ++i)
    hasFunctions |= isToFunction(instance->resolve(descriptor.types[i]));
  if (interned.values || !hasFunctions)
    return true;
  interned.values = static_cast<ValueType *>(calloc(count, sizeof(ValueType)));
  if (!interned.values)
    return failForResources("no memory for types");
  interned.parameterCount = descriptor.parameterCount;
  interned.resultCount = descriptor.resultCount;
  for (uint32_t i = 0; i < count; ++i)
    interned.values[i] = instance->resolve(descriptor.types[i]);
  return true;
}

bool Instantiation::internTypes() {
  auto *types = array<abi::TypeIdentity *>(module.typesOffset);
  for (uint32_t i = 0; i < module.typeCount; ++i) {
    types[i] = store.intern(module.types[i].text);
    if (!types[i])
      return failForResources("no memory for types");
  }
  for (uint32_t i = 0; i < module.typeCount; ++i)
    describeType(*types[i], module.types[i], types);
  for (uint32_t i = 0; i < module.typeCount; ++i)
    if (module.types[i].kind == abi::TypeKind::Func &&
        !describeValues(types[i], module.types[i]))
      return false;
  // Host functions of a type that no module had so far: they may come in by a
  // global, a table or an argument as well as by an import.
  for (HostFunction *each = store.functions; each; each = each->next)
    for (uint32_t i = 0; !each->ref.code && i < module.typeCount; ++i)
      if (types[i] == each->ref.type)
        each->ref.code = module.types[i].hostEntry;
  return true;
}

ExternType Instantiation::wantedType(const abi::ImportDescriptor &import) {
  ExternType wanted;
  wanted.kind = import.kind;
  switch (import.kind) {
  case abi::ExternKind::Func:
  case abi::ExternKind::Tag:
    wanted.type =
        array<const abi::TypeIdentity *>(module.typesOffset)[import.index];
    break;
  case abi::ExternKind::Memory:
    wanted.limits = module.memoryTypes[import.index];
    break;
  case abi::ExternKind::Table:
    wanted.limits = module.tableTypes[import.index];
    wanted.value = instance->resolve(wanted.limits.element);
    break;
  case abi::ExternKind::Global:
    wanted.value = instance->resolve(module.globalTypes[import.index].type);
    wanted.isMutable = module.globalTypes[import.index].isMutable;
    break;
  }
  return wanted;
}

/// `incompatible import type: "m" "f": wanted (memory 1), found (memory 0):
/// <reason>`
bool Instantiation::failForImport(const abi::ImportDescriptor &import,
                                  const Extern *provided, const char *reason) {
  Message text;
  text << (provided ? "incompatible import type" : "unknown import") << ": \"";
  text.append(import.module.bytes, import.module.sizeBytes) << "\" \"";
  text.append(import.field.bytes, import.field.sizeBytes) << "\": wanted ";
  print(text, wantedType(import));
  if (provided) {
    text << ", found ";
    ExternType found = provided->type;
    if (found.kind == abi::ExternKind::Memory)
      found.limits.minimum = pageCount(*provided->memory);
    if (found.kind == abi::ExternKind::Table)
      found.limits.minimum = provided->table->size;
    print(text, found);
  }
  if (reason)
    text << ": " << reason;
  return fail(LinkError::Unlinkable, text);
}

bool Instantiation::linkImport(const abi::ImportDescriptor &import) {
  const Extern *provided = nullptr;
  for (const Import &each : imports)
    if (each.provided && each.module == viewOf(import.module) &&
        each.field == viewOf(import.field))
      provided = &each.provided;
  if (!provided || !matches(*provided, wantedType(import)))
    return failForImport(import, provided, nullptr);

  // Unchecked accesses rely on the guards and on the base.
  if (import.kind == abi::ExternKind::Memory && !isChecked()) {
    const abi::Memory &memory = *provided->memory;
    bool mustBeGuarded = canBeGuarded(module.memoryTypes[import.index]);
    if ((mustBeGuarded && !memory.isGuarded) || canMove(memory))
      return failForImport(
          import, provided,
          "the memory is one of --bounds=checked, the module is not");
  }
  place(import, *provided, nextOfKind[static_cast<unsigned>(import.kind)]++);
  return true;
}

void Instantiation::place(const abi::ImportDescriptor &import,
                          const Extern &provided, uint32_t index) {
  switch (import.kind) {
  case abi::ExternKind::Func: {
    abi::FuncRef *ref = provided.function;
    array<abi::FunctionImport>(module.functionImportsOffset)[index] = {
        ref->code, ref->instance, ref};
    return;
  }
  case abi::ExternKind::Tag:
    array<void *>(module.tagsOffset)[index] = provided.tag;
    return;
  case abi::ExternKind::Memory:
    array<abi::Memory *>(module.memoriesOffset)[index] = provided.memory;
    return;
  case abi::ExternKind::Table:
    array<abi::Table *>(module.tablesOffset)[index] = provided.table;
    return;
  case abi::ExternKind::Global:
    array<abi::Value *>(module.globalsOffset)[index] = provided.global;
    instance->importedGlobalTypes[index] = provided.type;
    return;
  }
}

bool Instantiation::linkImports() {
  if (module.importedGlobalCount) {
    instance->importedGlobalTypes = static_cast<ExternType *>(
        calloc(module.importedGlobalCount, sizeof(ExternType)));
    if (!instance->importedGlobalTypes)
      return failForResources("no memory for imports");
  }
  for (uint32_t i = 0; i < module.importCount; ++i)
    if (!linkImport(module.imports[i]))
      return false;
  return true;
}

/// The system refused it.
bool Instantiation::failForMemory(const abi::LimitsDescriptor &type,
                                  Errno reason) {
  Message text;
  if (isChecked() || !canBeGuarded(type))
    text << "cannot map " << (type.minimum << type.pageSizeLog2)
         << " bytes for the memory: " << errnoText(reason);
  else
    text << "cannot reserve 8 GiB of addresses for the memory: "
         << errnoText(reason)
         << "; where address space is limited (ulimit -v), compile with "
            "--bounds=checked";
  return fail(LinkError::Resources, text);
}

bool Instantiation::makeMemories() {
  auto *memories = array<abi::Memory *>(module.memoriesOffset);
  auto *bases = array<uint8_t *>(module.memoryBasesOffset);
  for (uint32_t i = module.importedMemoryCount; i < module.memoryCount; ++i) {
    Errno reason;
    StoreMemory *memory =
        addMemory(store, module.memoryTypes[i], isChecked(), reason);
    if (!memory && reason == Errno::Dquot)
      return failForResources("the memory is larger than the store's limit");
    if (!memory && reason == Errno::Overflow)
      return failForResources(
          "the memory's minimum is past what this runtime can hold");
    if (!memory)
      return failForMemory(module.memoryTypes[i], reason);
    memories[i] = &memory->memory;
  }
  for (uint32_t i = 0; i < module.memoryCount; ++i)
    bases[i] = memories[i]->base;
  if (module.memoryCount)
    instance->runtime.memory0 = memories[0];
  return true;
}

bool Instantiation::makeTables() {
  auto *tables = array<abi::Table *>(module.tablesOffset);
  for (uint32_t i = module.importedTableCount; i < module.tableCount; ++i) {
    const abi::LimitsDescriptor &type = module.tableTypes[i];
    Errno reason;
    StoreTable *table =
        addTable(store, type, instance->resolve(type.element), reason);
    if (!table && reason == Errno::Dquot)
      return failForResources("the table is larger than the store's limit");
    if (!table && reason == Errno::Overflow)
      return failForResources(
          "the table's minimum is past what this runtime can hold");
    if (!table)
      return fail(LinkError::Resources,
                  Message() << "cannot map the table: " << errnoText(reason));
    tables[i] = &table->table;
  }
  return true;
}

bool Instantiation::makeTags() {
  auto *tags = array<void *>(module.tagsOffset);
  auto *types = array<const abi::TypeIdentity *>(module.typesOffset);
  for (uint32_t i = module.importedTagCount; i < module.tagCount; ++i) {
    Extern tag = store.makeTag(types[module.tagTypes[i]]->text);
    if (!tag)
      return failForResources("no memory for tags");
    tags[i] = tag.tag;
  }
  return true;
}

void Instantiation::makeFunctionRefs() {
  auto *refs = array<abi::FuncRef>(module.functionRefsOffset);
  auto *types = array<const abi::TypeIdentity *>(module.typesOffset);
  for (uint32_t i = 0; i < module.functionCount; ++i) {
    const abi::FunctionDescriptor &function = module.functions[i];
    refs[i] = {
        function.code, instance->runtime.compiled, types[function.typeIndex],
        function.call ? function.call : module.types[function.typeIndex].call};
  }
}

bool Instantiation::makeSegments() {
  auto *datas = array<abi::DataSegment>(module.datasOffset);
  for (uint32_t i = 0; i < module.dataCount; ++i)
    datas[i] = module.datas[i];

  uint64_t total = 0;
  for (uint32_t i = 0; i < module.elementCount; ++i)
    total += module.elements[i].size;
  if (total) {
    instance->elementStorage =
        static_cast<void **>(calloc(total, sizeof(void *)));
    if (!instance->elementStorage)
      return failForResources("no memory for element segments");
  }
  void **storage = instance->elementStorage;
  auto *elements = array<abi::ElementSegment>(module.elementsOffset);
  for (uint32_t i = 0; i < module.elementCount; ++i) {
    const abi::ElementDescriptor &segment = module.elements[i];
    elements[i] = {storage, segment.size};
    for (uint64_t j = 0; segment.functions && j < segment.size; ++j)
      storage[j] = instance->function(segment.functions[j]);
    storage += segment.size;
  }
  return true;
}

bool Instantiation::initialize() {
  auto body = [](void *argument) {
    auto *compiled = static_cast<abi::Instance *>(argument);
    compiled->module->initialize(compiled);
  };
  if (enterStore(store.domain, body, instance->runtime.compiled, error.trap))
    return true;
  Message text;
  if (error.trap.ending == TrapRecord::Trapped)
    text << "trap while instantiating: " << trapText(error.trap.kind);
  else if (error.trap.ending == TrapRecord::Threw)
    text << "uncaught exception while instantiating";
  else if (error.trap.ending == TrapRecord::Failed)
    text << error.trap.failureText;
  else
    text << "the start function ended the guest";
  return fail(LinkError::Trapped, text);
}

Instance *Instantiation::run() {
  error.kind = LinkError::None;
  error.text[0] = 0;
  bool isLinked =
      checkModule() && allocateInstance() && internTypes() && linkImports();
  // Now: the module can be instantiated, unless resources are short.
  isLinked = isLinked && makeMemories() && makeTables() && makeTags();
  if (isLinked) {
    makeFunctionRefs();
    isLinked = makeSegments();
  }
  if (!isLinked) {
    // Nobody has seen it. What it made of memories and tables is the store's.
    if (instance) {
      free(instance->importedGlobalTypes);
      free(instance->elementStorage);
      free(instance->runtime.compiled);
      free(instance);
    }
    return nullptr;
  }
  // From here on others may hold references to it, even if it traps.
  prepend(store.instances, instance);
  return initialize() ? &instance->runtime : nullptr;
}

Instance *Store::instantiate(const abi::ModuleDescriptor &module,
                             std::span<const Import> imports,
                             LinkError &error) {
  return Instantiation(Contents::of(*this), module, imports, error).run();
}

} // namespace moat::rt
