// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The bodies behind moat.h's part for host programs, thin layers over Store/.

#include "Arch/Throw.h"
#include "Builtins.h"
#include "Embed.h"
#include "Limits.h"
#include "Memory.h"
#include "Message.h"
#include "Pool.h"
#include "SharedMemory.h"
#include "Table.h"
#include <cstdio>
#include <cstdlib>
#include <iterator>

using namespace moat;
using namespace moat::rt;

static_assert(MOAT_EXTERNREF == static_cast<int>(abi::Kind::Extern) &&
              MOAT_FUNCREF == static_cast<int>(abi::Kind::Func) &&
              MOAT_V128 == static_cast<int>(abi::Kind::V128));
static_assert(MOAT_FUNCTION == static_cast<int>(abi::ExternKind::Func) &&
              MOAT_TABLE == static_cast<int>(abi::ExternKind::Table) &&
              MOAT_MEMORY == static_cast<int>(abi::ExternKind::Memory) &&
              MOAT_GLOBAL == static_cast<int>(abi::ExternKind::Global) &&
              MOAT_TAG == static_cast<int>(abi::ExternKind::Tag));

moat_extern rt::publicOf(Store &store, const Extern &thing) {
  moat_extern made = {};
  made.kind = static_cast<moat_extern_kind>(thing.type.kind);
  made.object = thing.object;
  made.store = publicOf(store);
  memcpy(made.type, &thing.type, sizeof(thing.type));
  return made;
}

/// Whether the kind that the host sees is the one that we wrote.
static bool isIntact(const moat_extern &thing) {
  static_assert(offsetof(ExternType, kind) == 0);
  abi::ExternKind kind;
  memcpy(&kind, thing.type, sizeof(kind));
  return thing.store && static_cast<int>(kind) == static_cast<int>(thing.kind);
}

/// Nothing, if the host has changed its kind.
Extern rt::externOf(const moat_extern &thing) {
  Extern made;
  if (!thing.object || !isIntact(thing))
    return made;
  memcpy(static_cast<void *>(&made.type), thing.type, sizeof(made.type));
  made.object = thing.object;
  return made;
}

bool rt::fail(moat_error *error, moat_error_kind kind, const char *code,
              const char *text) {
  if (!error)
    return false;
  error->kind = kind;
  error->code = code;
  if (kind != MOAT_START_FAILED)
    error->trap.kind = -1;
  size_t size = strlen(text);
  if (size >= sizeof(error->text))
    size = sizeof(error->text) - 1;
  memcpy(error->text, text, size);
  error->text[size] = 0;
  return false;
}

static Domain &domainOf(const moat_extern &thing) {
  return rt::domainOf(storeOf(thing.store).context());
}

static abi::Memory *memoryOf(const moat_extern *thing) {
  return thing->kind == MOAT_MEMORY && isIntact(*thing)
             ? static_cast<abi::Memory *>(thing->object)
             : nullptr;
}
static abi::Table *tableOf(const moat_extern *thing) {
  return thing->kind == MOAT_TABLE && isIntact(*thing)
             ? static_cast<abi::Table *>(thing->object)
             : nullptr;
}
static abi::FuncRef *functionOf(const moat_extern *thing) {
  return thing->kind == MOAT_FUNCTION && isIntact(*thing)
             ? static_cast<abi::FuncRef *>(thing->object)
             : nullptr;
}

static abi::LimitsDescriptor limitsOf(uint64_t minimum, uint64_t maximum) {
  abi::LimitsDescriptor limits = {};
  limits.minimum = minimum;
  limits.maximum = maximum;
  return limits;
}

/// Counts the words behind `(param` and `(result` of a function type's text, in
/// which types in parentheses may nest.
static void countTypes(const char *text, size_t &parameters, size_t &results) {
  parameters = results = 0;
  size_t depth = 0;
  bool isInResults = false;
  for (; *text; ++text) {
    if (*text == '(' && ++depth == 2)
      isInResults = strncmp(text, "(result", 7) == 0;
    if (*text == ' ' && depth == 2)
      ++(isInResults ? results : parameters);
    if (*text == ')' && --depth == 0)
      return;
  }
}

static const char *textOf(const moat_extern &thing) {
  return externOf(thing).type.type->text;
}

#define EXPORTED [[gnu::visibility("default")]]

extern "C" {

// Stores.

EXPORTED moat_pool *moat_create_pool(size_t memories, size_t stacks) {
  return reinterpret_cast<moat_pool *>(Pool::create(memories, stacks));
}

EXPORTED void moat_destroy_pool(moat_pool *pool) { Pool::close(poolOf(pool)); }

EXPORTED moat_store *moat_create_store(const moat_store_options *options) {
  StoreOptions chosen;
  if (options) {
    if (options->stack_bytes)
      chosen.stackBytes = options->stack_bytes;
    if (options->memory_bytes)
      chosen.memoryBytes = options->memory_bytes;
    if (options->table_elements)
      chosen.tableElements = options->table_elements;
    chosen.callTimeNs = options->call_time_ns;
    chosen.prefersUnguarded = options->prefers_unguarded;
    chosen.stressesHeap = options->stresses_heap;
    if (options->heap_bytes)
      chosen.heapLimitBytes = options->heap_bytes;
    chosen.pool = poolOf(options->pool);
  }
  Store *store = Store::create(chosen);
  return store ? publicOf(*store) : nullptr;
}

EXPORTED void moat_destroy_store(moat_store *store) {
  Store::destroy(reinterpret_cast<Store *>(store));
}

EXPORTED moat_store *moat_store_of(moat_instance *instance) {
  return publicOf(Store::of(*instance));
}

EXPORTED bool moat_interrupt(moat_store *store) {
  return storeOf(store).interrupt();
}

// Instances.

EXPORTED size_t moat_import_count(const moat_module_descriptor *module) {
  return module->importCount;
}

EXPORTED moat_extern_kind moat_import_at(const moat_module_descriptor *module,
                                         size_t index, const char **name,
                                         size_t *nameSize, const char **field,
                                         size_t *fieldSize) {
  if (index >= module->importCount) {
    *name = *field = "";
    *nameSize = *fieldSize = 0;
    return MOAT_FUNCTION;
  }
  const abi::ImportDescriptor &import = module->imports[index];
  *name = import.module.bytes;
  *nameSize = import.module.sizeBytes;
  *field = import.field.bytes;
  *fieldSize = import.field.sizeBytes;
  return static_cast<moat_extern_kind>(import.kind);
}

EXPORTED void moat_import_type_text(const moat_module_descriptor *module,
                                    size_t index, char *buffer, size_t size) {
  if (index >= module->importCount) {
    snprintf(buffer, size, "nothing");
    return;
  }
  const abi::ImportDescriptor &import = module->imports[index];
  abi::TypeIdentity named = {}; // only its text is asked for
  auto describe = [&](const abi::ValueType &type) -> ValueType {
    if (type.kind == abi::Kind::Concrete)
      named.text = module->types[type.typeIndex].text;
    return {type.kind, type.isNullable, &named};
  };
  ExternType type;
  type.kind = import.kind;
  type.type = &named;
  switch (import.kind) {
  case abi::ExternKind::Func:
  case abi::ExternKind::Tag:
    named.text = module->types[import.index].text;
    break;
  case abi::ExternKind::Memory:
    type.limits = module->memoryTypes[import.index];
    break;
  case abi::ExternKind::Table:
    type.limits = module->tableTypes[import.index];
    type.value = describe(type.limits.element);
    break;
  case abi::ExternKind::Global:
    type.value = describe(module->globalTypes[import.index].type);
    type.isMutable = module->globalTypes[import.index].isMutable;
    break;
  }
  printType(type, buffer, size);
}

static moat_error_kind kindOf(LinkError::Kind kind) {
  switch (kind) {
  case LinkError::None:
    break;
  case LinkError::BadModule:
    return MOAT_BAD_MODULE;
  case LinkError::Unlinkable:
    return MOAT_UNLINKABLE;
  case LinkError::Resources:
    return MOAT_NO_RESOURCES;
  case LinkError::Trapped:
    return MOAT_START_FAILED;
  }
  return MOAT_OK;
}

EXPORTED moat_instance *moat_instantiate(moat_store *store,
                                         const moat_module_descriptor *module,
                                         const moat_import *imports,
                                         size_t importCount,
                                         moat_error *error) {
  if (!store || !module) {
    fail(error, MOAT_INVALID_ARG_TYPE, "ERR_INVALID_ARG_TYPE",
         store ? "module is missing" : "store is missing");
    return nullptr;
  }
  constexpr size_t inPlace = 64;
  Import space[inPlace];
  Import *list = space;
  if (importCount > inPlace)
    list = static_cast<Import *>(calloc(importCount, sizeof(Import)));
  if (!list) {
    fail(error, MOAT_NO_RESOURCES, nullptr, "no memory for imports");
    return nullptr;
  }
  size_t count = 0;
  LinkError reason;
  bool isForeign = false;
  for (size_t i = 0; i < importCount; ++i) {
    const moat_import &import = imports[i];
    if (!import.provided.object)
      continue;
    bool isOurs = isIntact(import.provided);
    if (!isOurs || import.provided.store != store) {
      Message text;
      text << "import \"";
      text.append(import.module, import.module_size) << "\" \"";
      text.append(import.field, import.field_size)
          << (isOurs ? "\" is of another store: a store shares nothing"
                     : "\": not what the runtime made: its kind was changed");
      text.append("", 1);
      isForeign = true;
      if (isOurs)
        fail(error, MOAT_UNLINKABLE, nullptr, text.data());
      else
        fail(error, MOAT_INVALID_ARG_VALUE, "ERR_INVALID_ARG_VALUE",
             text.data());
      break;
    }
    list[count++] = {{import.module, import.module_size},
                     {import.field, import.field_size},
                     externOf(import.provided)};
  }
  rt::Instance *instance = nullptr;
  if (!isForeign) {
    instance = storeOf(store).instantiate(*module, {list, count}, reason);
    fail(error, kindOf(reason.kind), nullptr, reason.text);
    if (error && reason.kind == LinkError::Trapped)
      fill(&error->trap, reason.trap);
  }
  if (list != space)
    free(list);
  return instance ? instance->compiled : nullptr;
}

EXPORTED moat_extern moat_find_export_named(moat_instance *instance,
                                            const char *name, size_t nameSize) {
  return publicOf(Store::of(*instance),
                  findExport(instanceOf(*instance), {name, nameSize}));
}

EXPORTED moat_extern moat_find_export(moat_instance *instance,
                                      const char *name) {
  return moat_find_export_named(instance, name, strlen(name));
}

EXPORTED size_t moat_export_count(moat_instance *instance) {
  return exportCount(instanceOf(*instance));
}

EXPORTED moat_extern moat_export_at(moat_instance *instance, size_t index,
                                    const char **name, size_t *nameSize) {
  std::string_view found;
  if (index >= exportCount(instanceOf(*instance)))
    return publicOf(Store::of(*instance), Extern());
  Extern thing =
      exportAt(instanceOf(*instance), static_cast<uint32_t>(index), found);
  if (name)
    *name = found.data();
  if (nameSize)
    *nameSize = found.size();
  return publicOf(Store::of(*instance), thing);
}

EXPORTED void moat_type_text(const moat_extern *thing, char *buffer,
                             size_t size) {
  if (Extern found = externOf(*thing))
    printType(found.type, buffer, size);
  else
    snprintf(buffer, size, "nothing");
}

EXPORTED void moat_function_arity(const moat_extern *function,
                                  size_t *parameters, size_t *results) {
  size_t parameterCount = 0, resultCount = 0;
  Extern found = externOf(*function);
  if (found && (function->kind == MOAT_FUNCTION || function->kind == MOAT_TAG))
    countTypes(textOf(*function), parameterCount, resultCount);
  if (parameters)
    *parameters = parameterCount;
  if (results)
    *results = resultCount;
}

// Calls.

EXPORTED moat_ending moat_call(moat_extern function, moat_value *values,
                               moat_trap_info *trap) {
  abi::FuncRef *called = functionOf(&function);
  TrapRecord record;
  if (!called) {
    record.endByTrap(Trap::NullFunctionReference);
  } else if (storeOf(function.store).invoke(called, valuesOf(values), record)) {
    return MOAT_RETURNED;
  }
  fill(trap, record);
  return static_cast<moat_ending>(record.ending);
}

EXPORTED moat_ending moat_call_export(moat_instance *instance, size_t index,
                                      moat_value *values,
                                      moat_trap_info *trap) {
  TrapRecord record;
  if (invokeExport(instanceOf(*instance), static_cast<uint32_t>(index),
                   valuesOf(values), record))
    return MOAT_RETURNED;
  fill(trap, record);
  return static_cast<moat_ending>(record.ending);
}

EXPORTED void moat_call_on_host_stack(void (*body)(void *), void *argument) {
  callOnHostStack(body, argument);
}

/// A function of the host ends a call where there is none.
[[noreturn]] static void endStray(const char *what, const char *text) {
  Message message;
  message << "moat: " << what << " outside of any call into a module"
          << (text ? ": " : "") << (text ? text : "") << "\n";
  message.write();
  abort();
}

EXPORTED void moat_fail(uint32_t code, const char *text) {
  if (!isActive())
    endStray("moat_fail", text);
  failActivation(code, text);
}

EXPORTED void moat_throw(moat_extern tag, const moat_value *values) {
  if (!isActive())
    moat_on_stray_throw();
  Extern thrown = externOf(tag);
  bool isTag = tag.kind == MOAT_TAG && thrown &&
               &domainOf(tag) == moat_activation->domain;
  if (!isTag)
    failActivation(0, "moat_throw: not a tag of the guest's store");
  size_t parameters;
  moat_function_arity(&tag, &parameters, nullptr);
  if (parameters && !values)
    failActivation(0, "moat_throw: the values are missing");
  if (!storeOf(tag.store).areArguments(
          *thrown.type.type, reinterpret_cast<const abi::Value *>(values)))
    failActivation(0, "moat_throw: a value is not a function of the store");
  builtins::moat_throw_exception(storeOf(tag.store).makeException(
      thrown, reinterpret_cast<const abi::Value *>(values)));
}

EXPORTED void moat_pass_on(const moat_trap_info *trap) {
  if (!isActive())
    endStray("moat_pass_on", nullptr);
  switch (trap->ending) {
  case MOAT_TRAPPED:
    builtins::moat_trap(static_cast<uint32_t>(trap->kind));
  case MOAT_EXITED:
    exitActivation(trap->exit_code);
  case MOAT_THREW: {
    const Domain &domain = *moat_activation->domain;
    auto *exception = static_cast<abi::Exception *>(trap->exception);
    domain.throwOn(domain, exception);
    TrapRecord record;
    record.ending = TrapRecord::Threw;
    record.exception = exception;
    endActivationLike(record);
  }
  default:
    failActivation(trap->exit_code, trap->text);
  }
}

/// Appends to a buffer as far as there is room.
static void append(char *&at, const char *end, const Message &text) {
  size_t room = static_cast<size_t>(end - at);
  size_t size = text.size() < room ? text.size() : room;
  memcpy(at, text.data(), size);
  at += size;
  *at = 0;
}

EXPORTED void moat_describe_trap(moat_store *store, const moat_trap_info *trap,
                                 char *buffer, size_t size) {
  if (!size)
    return;
  char *at = buffer;
  const char *end = buffer + size - 1;
  Message first;
  switch (trap->ending) {
  case MOAT_TRAPPED:
    first << "trap: " << trap->text;
    break;
  case MOAT_EXITED:
    first << "exit with code " << trap->exit_code;
    break;
  case MOAT_THREW:
    first << "uncaught exception of type "
          << *static_cast<abi::Exception *>(trap->exception)->tag;
    break;
  case MOAT_FAILED:
    first << trap->text;
    break;
  default:
    first << "returned";
  }
  first << "\n";
  append(at, end, first);
  for (uint32_t i = 0; i < trap->frame_count; ++i) {
    rt::Instance *instance = storeOf(store).instanceAt(trap->frames[i]);
    uint32_t index = 0;
    const char *name = instance ? functionNameAt(*instance->compiled->module,
                                                 trap->frames[i], index)
                                : nullptr;
    if (!name)
      continue;
    Message line;
    line << "  at ";
    if (*name)
      line << name << " (function " << index << ")\n";
    else
      line << "function " << index << "\n";
    append(at, end, line);
  }
}

EXPORTED moat_extern moat_exception_tag(moat_store *store,
                                        const moat_trap_info *trap) {
  auto *exception = static_cast<abi::Exception *>(trap->exception);
  return publicOf(storeOf(store), exception ? tagOf(*exception) : Extern());
}

EXPORTED const moat_value *moat_exception_values(const moat_trap_info *trap,
                                                 size_t *count) {
  auto *exception = static_cast<abi::Exception *>(trap->exception);
  size_t parameters = 0, results;
  if (exception)
    countTypes(*exception->tag, parameters, results);
  if (count)
    *count = parameters;
  return exception ? reinterpret_cast<const moat_value *>(exception + 1)
                   : nullptr;
}

// Things of the host's own.

EXPORTED moat_extern moat_make_function(moat_store *store, const char *type,
                                        moat_callback callback, void *context) {
  if (!type || !callback)
    return publicOf(storeOf(store), Extern());
  return publicOf(storeOf(store),
                  storeOf(store).makeFunction(
                      type, reinterpret_cast<HostCallback>(callback), context));
}

EXPORTED moat_extern moat_make_import(moat_store *store,
                                      const moat_module_descriptor *module,
                                      size_t index, moat_callback callback,
                                      void *context) {
  if (index >= module->importCount ||
      module->imports[index].kind != abi::ExternKind::Func)
    return publicOf(storeOf(store), Extern());
  const abi::ImportDescriptor &import = module->imports[index];
  // The module's own text, which may name more than the host can write.
  const char *type = module->types[import.index].text;
  if (!storeOf(store).intern(type))
    return publicOf(storeOf(store), Extern());
  return moat_make_function(store, type, callback, context);
}

EXPORTED moat_import moat_import_for(const moat_module_descriptor *module,
                                     size_t index, moat_extern provided) {
  if (index >= module->importCount)
    return {"", 0, "", 0, {}};
  const abi::ImportDescriptor &import = module->imports[index];
  return {import.module.bytes, import.module.sizeBytes, import.field.bytes,
          import.field.sizeBytes, provided};
}

EXPORTED moat_extern moat_make_memory(moat_store *store, uint64_t minimum,
                                      uint64_t maximum, bool isShared) {
  abi::LimitsDescriptor limits = limitsOf(minimum, maximum);
  limits.pageSizeLog2 = 16;
  limits.isShared = isShared;
  if (minimum > maximum)
    return publicOf(storeOf(store), Extern());
  return publicOf(storeOf(store), storeOf(store).makeMemory(limits));
}

EXPORTED moat_extern moat_share_memory(moat_store *store,
                                       const moat_extern *memory) {
  if (!memoryOf(memory))
    return publicOf(storeOf(store), Extern());
  return publicOf(storeOf(store), storeOf(store).share(externOf(*memory)));
}

EXPORTED moat_extern moat_make_table(moat_store *store, moat_kind element,
                                     bool is64, uint64_t minimum,
                                     uint64_t maximum) {
  abi::LimitsDescriptor limits = limitsOf(minimum, maximum);
  limits.is64 = is64;
  bool isElement = element == MOAT_FUNCREF || element == MOAT_EXTERNREF;
  if (!isElement || minimum > maximum)
    return publicOf(storeOf(store), Extern());
  return publicOf(
      storeOf(store),
      storeOf(store).makeTable(static_cast<abi::Kind>(element), true, limits));
}

EXPORTED moat_extern moat_make_global(moat_store *store, moat_kind type,
                                      bool isMutable, moat_value value) {
  auto kind = static_cast<abi::Kind>(type);
  bool isKind = type >= MOAT_I32 && type <= MOAT_EXTERNREF;
  if (!isKind || (kind >= abi::Kind::Func &&
                  !storeOf(store).mayHold({kind, true, nullptr}, value.ref)))
    return publicOf(storeOf(store), Extern());
  return publicOf(storeOf(store),
                  storeOf(store).makeGlobal(kind, kind >= abi::Kind::Func,
                                            isMutable, *valuesOf(&value)));
}

EXPORTED moat_extern moat_make_tag(moat_store *store, const char *type) {
  const abi::TypeIdentity *known =
      type ? storeOf(store).functionType(type) : nullptr;
  size_t parameters = 0, results = 0;
  if (known)
    countTypes(known->text, parameters, results);
  return publicOf(storeOf(store), known && !results
                                      ? storeOf(store).makeTag(known->text)
                                      : Extern());
}

EXPORTED void *moat_keep_copy(moat_store *store, const void *bytes,
                              size_t size) {
  void *copy = malloc(size ? size : 1);
  if (!copy || !storeOf(store).own(copy, free)) {
    free(copy);
    return nullptr;
  }
  memcpy(copy, bytes, size);
  return copy;
}

EXPORTED bool moat_keep(moat_store *store, void *object,
                        void (*destroy)(void *)) {
  return storeOf(store).own(object, destroy);
}

// Memories.

EXPORTED uint8_t *moat_memory_base(const moat_extern *memory) {
  abi::Memory *found = memoryOf(memory);
  return found ? found->base : nullptr;
}

EXPORTED uint64_t moat_memory_size(const moat_extern *memory) {
  abi::Memory *found = memoryOf(memory);
  return found ? __atomic_load_n(&found->sizeBytes, __ATOMIC_RELAXED) : 0;
}

EXPORTED bool moat_read_memory(const moat_extern *memory, uint64_t address,
                               void *to, size_t size) {
  abi::Memory *found = memoryOf(memory);
  if (!found)
    return false;
  auto bytes = MemoryView(*found).slice(address, size);
  if (bytes && size)
    memcpy(to, bytes->data(), size);
  return bool(bytes);
}

EXPORTED bool moat_write_memory(const moat_extern *memory, uint64_t address,
                                const void *from, size_t size) {
  abi::Memory *found = memoryOf(memory);
  if (!found)
    return false;
  auto bytes = MemoryView(*found).slice(address, size);
  if (bytes && size)
    memcpy(bytes->data(), from, size);
  return bool(bytes);
}

EXPORTED int64_t moat_grow_memory(const moat_extern *memory, uint64_t pages) {
  abi::Memory *found = memoryOf(memory);
  if (!found)
    return -1;
  MemoryGrowth *grow = growMemory;
  if (found->isShared)
    grow = growSharedMemory;
  return growMemory(domainOf(*memory), *found, pages, grow);
}

// Tables.

EXPORTED uint64_t moat_table_size(const moat_extern *table) {
  abi::Table *found = tableOf(table);
  return found ? found->size : 0;
}

EXPORTED bool moat_get_element(const moat_extern *table, uint64_t index,
                               void **element) {
  abi::Table *found = tableOf(table);
  if (!found || index >= found->size)
    return false;
  *element = found->elements[index];
  return true;
}

EXPORTED bool moat_set_element(const moat_extern *table, uint64_t index,
                               void *element) {
  abi::Table *found = tableOf(table);
  if (!found || index >= found->size ||
      !storeOf(table->store).mayHold(externOf(*table).type.value, element))
    return false;
  found->elements[index] = element;
  return true;
}

EXPORTED int64_t moat_grow_table(const moat_extern *table, uint64_t count,
                                 void *element) {
  abi::Table *found = tableOf(table);
  if (!found ||
      !storeOf(table->store).mayHold(externOf(*table).type.value, element))
    return -1;
  return growTable(domainOf(*table), *found, count, element);
}

EXPORTED void *moat_function_reference(const moat_extern *function) {
  return functionOf(function);
}

EXPORTED moat_extern moat_function_of(moat_store *store, void *reference) {
  Extern function;
  if (reference && storeOf(store).knowsFunction(reference)) {
    function.function = static_cast<abi::FuncRef *>(reference);
    function.type.type = function.function->type;
  }
  return publicOf(storeOf(store), function);
}

// Globals.

EXPORTED moat_value moat_get_global(const moat_extern *global) {
  moat_value value = {};
  Extern found = externOf(*global);
  if (global->kind == MOAT_GLOBAL && found)
    memcpy(&value, found.object, sizeof(value));
  return value;
}

EXPORTED bool moat_set_global(const moat_extern *global, moat_value value) {
  Extern found = externOf(*global);
  if (global->kind != MOAT_GLOBAL || !found || !found.type.isMutable)
    return false;
  const ValueType &type = found.type.value;
  if (type.kind >= abi::Kind::Func &&
      !storeOf(global->store).mayHold(type, value.ref))
    return false;
  memcpy(found.global, &value, sizeof(value));
  return true;
}

} // extern "C"
