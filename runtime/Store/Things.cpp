// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the host makes for modules to import: functions, memories, tables,
// globals and tags. Instances' own memories, tables and tags are made here,
// too.

#include "Builtins.h"
#include "Limits.h"
#include "Memory.h"
#include "Pool.h"
#include "Store/Contents.h"
#include "Table.h"

namespace moat::rt {

static void callHost(const abi::FuncRef *self, abi::Value *values) {
  builtins::moat_host_call(self->instance, values);
}

/// The code by which modules call a host function of this type. A module that
/// knows the type has it, and all modules' code for a type is alike; null while
/// there is none, and so nobody who could call the function.
static const void *hostEntryOf(Contents &store, const abi::TypeIdentity *type) {
  for (StoreInstance *each = store.instances; each; each = each->next) {
    const abi::ModuleDescriptor &module = each->module();
    auto *types = each->array<abi::TypeIdentity *>(module.typesOffset);
    for (uint32_t i = 0; i < module.typeCount; ++i)
      if (types[i] == type && module.types[i].hostEntry)
        return module.types[i].hostEntry;
  }
  return nullptr;
}

Extern Store::makeFunction(std::string_view typeText, HostCallback callback,
                           void *userData) {
  Contents &contents = Contents::of(*this);
  abi::TypeIdentity *type = functionType(typeText);
  auto *function = type ? allocate<HostFunction>() : nullptr;
  if (!function)
    return {};
  function->instance.context = &contents.context;
  function->callback = callback;
  function->userData = userData;
  function->ref = {hostEntryOf(contents, type), &function->instance, type,
                   callHost};
  prepend(contents.functions, function);
  Extern made;
  made.type.kind = abi::ExternKind::Func;
  made.type.type = type;
  made.function = &function->ref;
  return made;
}

Extern externOf(StoreMemory &memory) {
  Extern found;
  found.type.kind = abi::ExternKind::Memory;
  found.type.limits = memory.type;
  found.memory = &memory.memory;
  return found;
}

Extern externOf(StoreTable &table) {
  Extern found;
  found.type.kind = abi::ExternKind::Table;
  found.type.limits = table.type;
  found.type.value = table.element;
  found.table = &table.table;
  return found;
}

void destroyMemory(StoreMemory &memory) {
  Pool *pool = memory.pool;
  if (!pool)
    return destroyMemory(memory.memory);
  Reservation left = abandonMemory(memory.memory);
  if (left.base)
    pool->giveMemory(left);
  pool->drop();
}

/// False: no memory.
static bool hold(Contents &store, StoreMemory &memory) {
  auto *held = allocate<HeldMemory>();
  if (!held)
    return false;
  held->memory = &memory;
  __atomic_add_fetch(&memory.holderCount, 1, __ATOMIC_RELAXED);
  prepend(store.memories, held);
  return true;
}

/// Null if the memory cannot be had: then \p error says why.
static StoreMemory *mapMemory(Contents &store,
                              const abi::LimitsDescriptor &type, bool isChecked,
                              Errno &error) {
  auto *memory = allocate<StoreMemory>();
  error = Errno::Nomem;
  if (!memory)
    return nullptr;
  MemoryOptions options;
  options.isGuarded = !isChecked;
  options.mayMove = isChecked;
  Pool *pool = store.options.pool;
  if (pool && options.isGuarded && canBeGuarded(type))
    options.reservation = pool->takeMemory(type.minimum << type.pageSizeLog2);
  error = createMemory(memory->memory, type, options);
  if (error != Errno::Success) {
    if (options.reservation.base)
      releaseReservation(options.reservation);
    free(memory);
    return nullptr;
  }
  memory->type = type;
  if (pool)
    pool->hold();
  memory->pool = pool;
  if (!hold(store, *memory)) {
    error = Errno::Nomem;
    destroyMemory(*memory);
    free(memory);
    return nullptr;
  }
  return memory;
}

StoreMemory *addMemory(Contents &store, const abi::LimitsDescriptor &type,
                       bool isChecked, Errno &error) {
  error = Errno::Overflow;
  if (type.minimum > UINT64_MAX >> type.pageSizeLog2)
    return nullptr;
  error = Errno::Dquot;
  uint64_t bytes = type.minimum << type.pageSizeLog2;
  if (!takeMemory(store.domain, bytes))
    return nullptr;
  StoreMemory *memory = mapMemory(store, type, isChecked, error);
  if (!memory)
    returnMemory(store.domain, bytes);
  return memory;
}

StoreTable *addTable(Contents &store, const abi::LimitsDescriptor &type,
                     const ValueType &element, Errno &error) {
  error = Errno::Dquot;
  if (!takeElements(store.domain, type.minimum))
    return nullptr;
  auto *table = allocate<StoreTable>();
  error = table ? createTable(table->table, type) : Errno::Nomem;
  if (error != Errno::Success) {
    free(table);
    returnElements(store.domain, type.minimum);
    return nullptr;
  }
  table->type = type;
  table->element = element;
  prepend(store.tables, table);
  return table;
}

Extern Store::makeMemory(const abi::LimitsDescriptor &limits) {
  Contents &contents = Contents::of(*this);
  Errno error;
  StoreMemory *memory =
      addMemory(contents, limits, contents.options.prefersUnguarded, error);
  return memory ? externOf(*memory) : Extern();
}

Extern Store::share(const Extern &memory) {
  if (memory.type.kind != abi::ExternKind::Memory ||
      !memory.type.limits.isShared)
    return {};
  auto &shared = *reinterpret_cast<StoreMemory *>(memory.memory);
  return hold(Contents::of(*this), shared) ? externOf(shared) : Extern();
}

Extern Store::makeTable(abi::Kind element, bool isNullable,
                        const abi::LimitsDescriptor &limits) {
  Errno error;
  StoreTable *table = addTable(Contents::of(*this), limits,
                               {element, isNullable, nullptr}, error);
  return table ? externOf(*table) : Extern();
}

Extern Store::makeGlobal(abi::Kind kind, bool isNullable, bool isMutable,
                         const abi::Value &value) {
  auto *global = allocate<StoreGlobal>();
  if (!global)
    return {};
  global->value = value;
  prepend(Contents::of(*this).globals, global);
  Extern made;
  made.type.kind = abi::ExternKind::Global;
  made.type.value = {kind, isNullable, nullptr};
  made.type.isMutable = isMutable;
  made.global = &global->value;
  return made;
}

Extern Store::makeTag(std::string_view typeText) {
  abi::TypeIdentity *type = functionType(typeText);
  auto *tag = type ? allocate<StoreTag>() : nullptr;
  if (!tag)
    return {};
  tag->typeText = type->text;
  tag->type = type;
  prepend(Contents::of(*this).tags, tag);
  Extern made;
  made.type.kind = abi::ExternKind::Tag;
  made.type.type = type;
  made.tag = tag;
  return made;
}

} // namespace moat::rt
