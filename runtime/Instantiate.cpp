// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Stores and instances of a host program. A store owns, in lists, everything
// that was made in it. Instantiation goes through the descriptor once (class
// Instantiation): types are interned, so that a pointer identifies them in
// every module of the store; imports are looked up and matched; the instance's
// arrays are filled; compiled code does the rest.

#include "Instantiate.h"
#include "Arch/Outside.h"
#include "Arch/Valgrind.h"
#include "Builtins.h"
#include "Collect.h"
#include "ForeignFrames.h"
#include "Host/Host.h"
#include "Host/HostThread.h"
#include "Interrupt.h"
#include "Limits.h"
#include "Memory.h"
#include "Message.h"
#include "Pool.h"
#include "Table.h"
#include "TypeText.h"
#include <cstdlib>
#include <cstring>
#include <new>

namespace moat::rt {

// Modules in shared objects find these by name: none may be left in the
// archive.
[[gnu::used]] static const void *const exportedBuiltins[] = {
#define BUILTIN(name, stack, attributes, result, parameters)                   \
  reinterpret_cast<const void *>(builtins::moat_##name),
#include "moat/abi/Builtins.def"
};

namespace {

/// A type, once in its store. The rest of its display, if it may have one, and
/// its text are behind it.
struct InternedType {
  InternedType *next;
  uint64_t hash;
  uint64_t textBytes;
  /// Of a function type with references to functions among them: parameters,
  /// then results, for what the host gives to be checked. Else null.
  ValueType *values;
  uint32_t parameterCount, resultCount; ///< of values
  abi::TypeIdentity identity;
};

struct StoreMemory {
  abi::Memory memory; // first: the address of one is the other's
  abi::LimitsDescriptor type;
  uint32_t holderCount; ///< of HeldMemory, in stores of any threads
  Pool *pool;           ///< held: what is left goes there; or null
};

/// A memory of a store's: only a shared one is others', too.
struct HeldMemory {
  StoreMemory *memory;
  HeldMemory *next;
};

struct StoreTable {
  abi::Table table; // first
  abi::LimitsDescriptor type;
  ValueType element;
  StoreTable *next;
};

struct StoreGlobal {
  abi::Value value; // first
  StoreGlobal *next;
};

struct StoreTag {
  const char *typeText; // first: see abi::Exception::tag
  const abi::TypeIdentity *type;
  StoreTag *next;
};

/// Something that goes with the store (Store::own).
struct KeptObject {
  void *object;
  void (*destroy)(void *);
  KeptObject *next;
};

/// What a store made for a module. What the module's code sees is `compiled`,
/// behind it in the same allocation.
struct StoreInstance {
  Instance runtime; // first
  StoreInstance *next;
  UnwindTables tables;
  bool hasTables;
  ExternType *importedGlobalTypes;
  void **elementStorage; ///< of all segments

  abi::Instance &compiled() { return *runtime.compiled; }
  const abi::ModuleDescriptor &module() { return *runtime.compiled->module; }

  /// The array of \p T at \p offset of the compiled instance.
  template <typename T>
  T *array(uint32_t offset) {
    return reinterpret_cast<T *>(reinterpret_cast<char *>(runtime.compiled) +
                                 offset);
  }
};

/// The store itself; what the interface shows of it is its base.
struct Contents : Store {
  Domain domain;
  TrapRecord unprotectedRecord; ///< of the call that nobody protects
  abi::Context context;
  StoreOptions options;
  uint64_t stackName = 0; ///< valgrind's
  StoreInstance *instances = nullptr;
  HeldMemory *memories = nullptr;
  StoreTable *tables = nullptr;
  StoreGlobal *globals = nullptr;
  StoreTag *tags = nullptr;
  HostFunction *functions = nullptr;
  KeptObject *kept = nullptr;
  static constexpr uint64_t bucketCount = 512;
  InternedType *types[bucketCount] = {};

  static Contents &of(Store &store) { return static_cast<Contents &>(store); }
};

/// Zeroed memory for a \p T and \p extraBytes behind it, or null.
template <typename T>
T *allocate(uint64_t extraBytes = 0) {
  if (extraBytes > PTRDIFF_MAX - sizeof(T))
    return nullptr;
  void *memory = calloc(1, sizeof(T) + extraBytes);
  return memory ? new (memory) T() : nullptr;
}

/// Puts \p item in front of the list \p first.
template <typename T>
void prepend(T *&first, T *item) {
  item->next = first;
  first = item;
}

template <typename T, typename Function>
void forEach(T *first, Function function) {
  while (first) {
    T *next = first->next;
    function(first);
    first = next;
  }
}

} // namespace

// Stores.

/// For the signal handler. Memories are in a list that only grows.
static bool isInMemory(const Domain &domain, uint64_t address) {
  auto *store = static_cast<const Contents *>(domain.owner);
  for (HeldMemory *each = store->memories; each; each = each->next)
    if (isGuardedAddress(each->memory->memory, address))
      return true;
  return false;
}

// The file that this code is in, as linkers define it; absent where headers are
// not loaded.
extern "C" [[gnu::weak, gnu::visibility("hidden")]] const char __ehdr_start[];

static bool findTables(const Domain &domain, uint64_t pc,
                       UnwindTables &tables) {
  auto *store = static_cast<const Contents *>(domain.owner);
  for (StoreInstance *each = store->instances; each; each = each->next) {
    if (each->hasTables && each->tables.image.contains(pc)) {
      tables = each->tables;
      return true;
    }
  }
  // Helpers of the runtime, and functions of the host program.
  return __ehdr_start && tables.locate(__ehdr_start) &&
         tables.image.contains(pc);
}

static bool isGuestCode(const Domain &domain, uint64_t pc);
static bool enterStore(Domain &domain, void (*body)(void *), void *argument,
                       TrapRecord &record);

/// An exception of another store has tags and references that mean nothing in
/// this one: it ends the call.
static void throwOn(const Domain &domain, abi::Exception *exception) {
  const Heap *heap = heapOf(*domain.context);
  if (heap && heap->contains(exception))
    builtins::moat_throw_exception(exception);
}

/// From the pool, or a new one.
static bool takeStack(Contents &store) {
  uint64_t wanted = store.options.stackBytes;
  if (Pool *pool = store.options.pool) {
    AddressRange kept = pool->takeStack(usableStackBytes(wanted));
    if (kept.begin) {
      useStack(store.domain, store.context, kept);
      return true;
    }
  }
  return createStack(store.domain, store.context, wanted);
}

static void leaveStack(Contents &store) {
  AddressRange stack = store.domain.stack;
  if (stack.begin)
    forgetStack(store.stackName);
  if (!store.options.pool || !stack.begin)
    return destroyStack(store.domain);
  store.options.pool->giveStack(stack);
  store.domain.stack = {};
}

/// Nobody holds it any more.
static void destroyMemory(StoreMemory &memory) {
  Pool *pool = memory.pool;
  if (!pool)
    return destroyMemory(memory.memory);
  Reservation left = abandonMemory(memory.memory);
  if (left.base)
    pool->giveMemory(left);
  pool->drop();
}

Store *Store::create(const StoreOptions &options) {
  auto *store = allocate<Contents>();
  if (!store)
    return nullptr;
  store->options = options;
  store->domain.owner = store;
  store->domain.isInMemory = isInMemory;
  store->domain.findTables = findTables;
  store->domain.heapLimitBytes = options.heapLimitBytes;
  store->domain.stressesHeap = options.stressesHeap;
  store->domain.isGuestCode = isGuestCode;
  store->domain.enter = enterStore;
  store->domain.throwThrough = throwThroughForeignFrames;
  store->domain.throwOn = throwOn;
  store->domain.endUnprotected = endUnprotected;
  store->domain.unprotected.domain = &store->domain;
  store->domain.unprotected.record = &store->unprotectedRecord;
  store->domain.unprotected.isUnprotected = true;
  store->domain.hasTimeLimit = options.callTimeNs != 0;
  store->domain.memoryBytesLeft = options.memoryBytes;
  store->domain.tableElementsLeft = options.tableElements;
  if (options.pool)
    options.pool->hold();
  if (!takeStack(*store)) {
    destroy(store);
    return nullptr;
  }
  AddressRange stack = store->domain.stack;
  store->stackName = announceStack(stack.begin, stack.end - 1);
  installFaultHandlers();
  return store;
}

void Store::destroy(Store *store) {
  if (!store)
    return;
  Contents &contents = Contents::of(*store);
  if (isActive(contents.domain)) {
    Message message;
    message
        << "moat: a store was destroyed by a function that it was calling\n";
    message.write();
    host::exit(134);
  }
  forEach(contents.instances, [](StoreInstance *each) {
    free(each->importedGlobalTypes);
    free(each->elementStorage);
    free(each->runtime.compiled);
    free(each);
  });
  forEach(contents.memories, [](HeldMemory *each) {
    StoreMemory *memory = each->memory;
    free(each);
    if (__atomic_sub_fetch(&memory->holderCount, 1, __ATOMIC_ACQ_REL))
      return;
    destroyMemory(*memory);
    free(memory);
  });
  forEach(contents.tables, [](StoreTable *each) {
    destroyTable(each->table);
    free(each);
  });
  forEach(contents.globals, [](StoreGlobal *each) { free(each); });
  forEach(contents.tags, [](StoreTag *each) { free(each); });
  forEach(contents.functions, [](HostFunction *each) { free(each); });
  for (InternedType *bucket : contents.types)
    forEach(bucket, [](InternedType *each) {
      free(each->values);
      free(each);
    });
  forgetFlights(contents.domain);
  Heap::destroy(heapOf(contents.context));
  leaveStack(contents);
  forEach(contents.kept, [](KeptObject *each) {
    each->destroy(each->object);
    free(each);
  });
  if (contents.options.pool)
    contents.options.pool->drop();
  free(&contents);
}

abi::Context &Store::context() { return Contents::of(*this).context; }

/// What begins a type's text.
static abi::TypeKind kindOf(const char *text) {
  auto beginsWith = [&](std::string_view beginning) {
    return strncmp(text, beginning.data(), beginning.size()) == 0;
  };
  return beginsWith("(struct")  ? abi::TypeKind::Struct
         : beginsWith("(array") ? abi::TypeKind::Array
                                : abi::TypeKind::Func;
}

static InternedType &internedOf(const abi::TypeIdentity *type) {
  return *reinterpret_cast<InternedType *>(reinterpret_cast<uint64_t>(type) -
                                           offsetof(InternedType, identity));
}

static uint64_t hashOf(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325; // FNV-1a
  for (char c : text)
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

/// Null: no module or function of the store has this type.
static abi::TypeIdentity *findType(const Contents &store,
                                   std::string_view text) {
  uint64_t hash = hashOf(text);
  for (InternedType *each = store.types[hash % Contents::bucketCount]; each;
       each = each->next)
    if (each->hash == hash && each->textBytes == text.size() &&
        memcmp(each->identity.text, text.data(), text.size()) == 0)
      return &each->identity;
  return nullptr;
}

abi::TypeIdentity *Store::intern(std::string_view text) {
  Contents &contents = Contents::of(*this);
  if (abi::TypeIdentity *found = findType(contents, text))
    return found;
  uint64_t hash = hashOf(text);
  InternedType *&bucket = contents.types[hash % Contents::bucketCount];
  // Only a text that names a group is of a type that may have a supertype.
  constexpr uint64_t longestDisplay = abi::maximumDepth + 1;
  uint64_t displayBytes =
      text.contains(" as $")
          ? (longestDisplay - abi::minimumDisplay) * sizeof(void *)
          : 0;
  auto *added = allocate<InternedType>(displayBytes + text.size() + 1);
  if (!added)
    return nullptr;
  char *copy = reinterpret_cast<char *>(added + 1) + displayBytes;
  memcpy(copy, text.data(), text.size());
  added->hash = hash;
  added->textBytes = text.size();
  added->identity.text = copy;
  added->identity.kind = kindOf(copy);
  added->identity.display[0] = &added->identity;
  prepend(bucket, added);
  return &added->identity;
}

abi::TypeIdentity *Store::functionType(std::string_view text) {
  // As the store has it already: any type, moat_type_text's.
  if (abi::TypeIdentity *found = findType(Contents::of(*this), text))
    return found->kind == abi::TypeKind::Func ? found : nullptr;
  auto *canonical = static_cast<char *>(malloc(canonicalBytes(text)));
  if (!canonical)
    return nullptr;
  uint64_t size = canonicalizeFunctionType(text, canonical);
  abi::TypeIdentity *type = size ? intern({canonical, size}) : nullptr;
  free(canonical);
  return type;
}

// The heap.

void visitRoots(const Domain &domain, Heap &heap) {
  auto *store = static_cast<const Contents *>(domain.owner);
  constexpr uint64_t valueWords = sizeof(abi::Value) / sizeof(void *);
  for (StoreGlobal *each = store->globals; each; each = each->next)
    heap.visit(&each->value, valueWords);
  for (Flight *each = domain.flights; each; each = each->next)
    heap.visit(&each->exception, 1);
  for (StoreTable *each = store->tables; each; each = each->next)
    heap.visit(each->table.elements, each->table.size);
  for (StoreInstance *each = store->instances; each; each = each->next) {
    const abi::ModuleDescriptor &module = each->module();
    heap.visit(each->array<abi::Value>(module.globalCellsOffset),
               (module.globalCount - module.importedGlobalCount) * valueWords);
    auto *elements = each->array<abi::ElementSegment>(module.elementsOffset);
    for (uint32_t i = 0; i < module.elementCount; ++i)
      heap.visit(elements[i].elements, elements[i].size);
  }
}

void Store::keep(const void *reference) {
  if (Heap *heap = heapOf(context()))
    heap->pin(reference);
}

/// Whether a type's text is i32, i64, f32, f64 or v128.
static bool isNumberType(const char *text) {
  return (*text == 'i' || *text == 'f' || *text == 'v') && text[1] >= '0' &&
         text[1] <= '9';
}

[[gnu::noinline]] static void keepValues(Heap *heap, const char *text,
                                         const char *keyword,
                                         const abi::Value *values) {
  uint64_t size = strlen(keyword);
  uint32_t depth = 0;
  bool isAmongValues = false;
  // The text is a list; its parts are at depth 1, and their types at depth 2.
  for (; *text; ++text) {
    if (*text == ' ' && depth == 1)
      isAmongValues = strncmp(text, keyword, size) == 0;
    else if (*text == ' ' && depth == 2 && isAmongValues) {
      // Of a number's value only its own bytes are set.
      if (!isNumberType(text + 1))
        heap->pin(values->ref);
      ++values;
    }
    if (*text == '(')
      ++depth;
    if (*text == ')' && --depth == 0)
      break;
  }
}

/// References that leave the guest are kept: those among \p values whose types
/// the function type's text has behind \p keyword, ` (param` or ` (result`.
static inline void keepValues(const abi::Context &context, const char *text,
                              const char *keyword, const abi::Value *values) {
  if (Heap *heap = heapOf(context))
    keepValues(heap, text, keyword, values);
}

/// Runs \p body in \p domain as a call from the host, whatever it is called in.
[[gnu::noinline]] static bool callInAnything(Domain &domain,
                                             void (*body)(void *),
                                             void *argument, TrapRecord &record,
                                             void *second) {
  auto *store = static_cast<const Contents *>(domain.owner);
  int32_t thread = host::prepareThread();
  if (!thread) {
    record.endByTrap(Trap::AllocationFailure);
    return false;
  }
  CallScope scope(domain, thread, store->options.callTimeNs);
  return protect(domain, body, argument, record, second);
}

/// Runs \p body in \p domain as a call from the host.
static inline bool callFromHost(Domain &domain, void (*body)(void *),
                                void *argument, TrapRecord &record,
                                void *second) {
  Activation activation;
  IdleEntry ending =
      moat_enter_idle(&domain, body, argument, &record, second, &activation);
  if (__builtin_expect(ending == IdleEntry::Returned, 1))
    return true;
  if (ending == IdleEntry::Other)
    return callInAnything(domain, body, argument, record, second);
  CallScope::end(domain);
  return false;
}

static bool enterStore(Domain &domain, void (*body)(void *), void *argument,
                       TrapRecord &record) {
  return callFromHost(domain, body, argument, record, nullptr);
}

/// The same of a function with values: it is the body itself, so that nothing
/// is between the host's stack and the module's code.
static inline bool callFromHost(Domain &domain, const abi::FuncRef *function,
                                abi::Value *values, TrapRecord &record) {
  using Body = void (*)(void *); // called with both arguments
  return callFromHost(domain, __builtin_bit_cast(Body, function->call),
                      const_cast<abi::FuncRef *>(function), record, values);
}

static bool isGuestCode(const Domain &domain, uint64_t pc) {
  auto *store = static_cast<const Contents *>(domain.owner);
  for (StoreInstance *each = store->instances; each; each = each->next) {
    uint32_t function;
    if (each->hasTables && each->tables.image.contains(pc) &&
        functionNameAt(each->module(), pc, function))
      return true;
  }
  return false;
}

/// References in an exception's values are kept as results are.
[[gnu::noinline]] static bool failToReturn(Domain &domain,
                                           const TrapRecord &trap) {
  if (trap.ending == TrapRecord::Threw)
    keepValues(*domain.context, *trap.exception->tag, " (param",
               reinterpret_cast<const abi::Value *>(trap.exception + 1));
  return false;
}

static inline bool invokeIn(Contents &store, const abi::FuncRef *function,
                            abi::Value *values, TrapRecord &trap) {
  if (!store.areArguments(*function->type, values)) {
    trap.end(TrapRecord::Failed);
    trap.failureCode = 0;
    trap.failureText = "an argument is not a function of the store";
    return false;
  }
  if (!callFromHost(store.domain, function, values, trap))
    return failToReturn(store.domain, trap);
  keepValues(store.context, function->type->text, " (result", values);
  return true;
}

bool Store::invoke(const abi::FuncRef *function, abi::Value *values,
                   TrapRecord &trap) {
  return invokeIn(Contents::of(*this), function, values, trap);
}

extern "C" void builtins::moat_enter_export(Ptr instance, Ptr function,
                                            Ptr values) {
  const auto &entered = *static_cast<const abi::Instance *>(instance);
  TrapRecord record;
  if (!callFromHost(domainOf(*entered.context),
                    static_cast<const abi::FuncRef *>(function),
                    static_cast<abi::Value *>(values), record))
    endCaller(record);
}

extern "C" void builtins::moat_keep_result(Ptr instance,
                                           Ptr reference) {
  if (Heap *heap = heapOf(*static_cast<const abi::Instance *>(instance)->context))
    heap->pin(reference);
}

bool Store::interrupt() { return interruptCall(Contents::of(*this).domain); }

/// The number of parameters in a type's text.
static uint32_t parameterCount(const char *text) {
  uint32_t count = 0, depth = 0;
  bool isInResults = false;
  for (; *text; ++text) {
    if (*text == '(' && ++depth == 2)
      isInResults = strncmp(text, "(result", 7) == 0;
    count += *text == ' ' && depth == 2 && !isInResults;
    if (*text == ')' && --depth == 0)
      break;
  }
  return count;
}

abi::Exception *Store::makeException(const Extern &tag,
                                     const abi::Value *values) {
  uint32_t count = parameterCount(tag.type.type->text);
  // Like what compiled code gets; only the context is asked for.
  abi::Instance thrower = {};
  thrower.context = &context();
  auto *exception = static_cast<abi::Exception *>(
      builtins::moat_exception_new(&thrower, tag.tag, count));
  if (count)
    memcpy(exception + 1, values, count * sizeof(abi::Value));
  return exception;
}

bool Store::own(void *object, void (*destroy)(void *)) {
  auto *kept = allocate<KeptObject>();
  if (!kept)
    return false;
  kept->object = object;
  kept->destroy = destroy;
  prepend(Contents::of(*this).kept, kept);
  return true;
}

Store &Store::of(const abi::Instance &instance) {
  return *const_cast<Contents *>(
      static_cast<const Contents *>(domainOf(*instance.context).owner));
}

bool Store::knowsFunction(const void *reference) {
  Contents &contents = Contents::of(*this);
  for (StoreInstance *each = contents.instances; each; each = each->next) {
    const abi::ModuleDescriptor &module = each->module();
    auto *refs = each->array<char>(module.functionRefsOffset);
    auto *at = static_cast<const char *>(reference);
    if (at >= refs && at < refs + module.functionCount * sizeof(abi::FuncRef))
      return (at - refs) % sizeof(abi::FuncRef) == 0;
  }
  for (HostFunction *each = contents.functions; each; each = each->next)
    if (reference == &each->ref)
      return true;
  return false;
}

Instance *Store::instanceAt(uint64_t pc) {
  for (StoreInstance *each = Contents::of(*this).instances; each;
       each = each->next) {
    uint32_t function;
    if (each->hasTables && each->tables.image.contains(pc) &&
        functionNameAt(each->module(), pc, function))
      return &each->runtime;
  }
  return nullptr;
}

// Things of the host's own.

extern "C" void builtins::moat_host_call(Ptr called, Ptr arguments) {
  auto &function = *static_cast<HostFunction *>(called);
  auto *values = static_cast<abi::Value *>(arguments);
  keepValues(*function.instance.context, function.ref.type->text, " (param",
             values);
  function.callback(function.userData, values);
  if (!Store::of(function.instance).areResults(*function.ref.type, values))
    failActivation(0, "a result of a function of the host is not a function of "
                      "the store");
  endIfInterrupted(domainOf(*function.instance.context));
}

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

static Extern externOf(StoreMemory &memory) {
  Extern found;
  found.type.kind = abi::ExternKind::Memory;
  found.type.limits = memory.type;
  found.memory = &memory.memory;
  return found;
}

static Extern externOf(StoreTable &table) {
  Extern found;
  found.type.kind = abi::ExternKind::Table;
  found.type.limits = table.type;
  found.type.value = table.element;
  found.table = &table.table;
  return found;
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

/// The same within the store's limit.
static StoreMemory *addMemory(Contents &store,
                              const abi::LimitsDescriptor &type, bool isChecked,
                              Errno &error) {
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

static StoreTable *addTable(Contents &store, const abi::LimitsDescriptor &type,
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

// Types: matching (Core 3.0, 3.3 Matching) and printing.

/// Core 3.0, 3.3.12 Defined Types.
static bool matches(const abi::TypeIdentity &sub,
                    const abi::TypeIdentity &super) {
  return sub.depth >= super.depth && sub.display[super.depth] == &super;
}

/// Core 3.0, 3.3.3 Heap Types.
static bool heapMatches(const ValueType &sub, const ValueType &super) {
  using enum abi::Kind;
  abi::Kind kind = sub.kind;
  bool isDefined = kind == Concrete;
  auto isDefinedAs = [&](abi::TypeKind wanted) {
    return isDefined && sub.type->kind == wanted;
  };
  bool isFunction = isDefinedAs(abi::TypeKind::Func);
  if (kind == super.kind)
    return !isDefined || matches(*sub.type, *super.type);
  switch (super.kind) {
  case Any:
    return kind == Eq || kind == I31 || kind == Struct || kind == Array ||
           kind == None || (isDefined && !isFunction);
  case Eq:
    return kind == I31 || kind == Struct || kind == Array || kind == None ||
           (isDefined && !isFunction);
  case I31:
    return kind == None;
  case Struct:
    return kind == None || isDefinedAs(abi::TypeKind::Struct);
  case Array:
    return kind == None || isDefinedAs(abi::TypeKind::Array);
  case Func:
    return kind == NoFunc || isFunction;
  case Extern:
    return kind == NoExtern;
  case Exn:
    return kind == NoExn;
  case Concrete:
    return kind == (super.type->kind == abi::TypeKind::Func ? NoFunc : None);
  default:
    return false;
  }
}

static bool isReference(abi::Kind kind) { return kind >= abi::Kind::Func; }

/// Core 3.0, 3.3.5 Value Types.
static bool matches(const ValueType &sub, const ValueType &super) {
  if (!isReference(sub.kind) || !isReference(super.kind))
    return sub.kind == super.kind;
  if (sub.isNullable && !super.isNullable)
    return false;
  return heapMatches(sub, super);
}

bool Store::mayHold(const ValueType &type, const void *reference) {
  if (!reference)
    return type.isNullable;
  switch (type.kind) {
  case abi::Kind::Func:
    return knowsFunction(reference);
  case abi::Kind::Concrete:
    return type.type->kind == abi::TypeKind::Func && knowsFunction(reference) &&
           matches(*static_cast<const abi::FuncRef *>(reference)->type,
                   *type.type);
  case abi::Kind::Extern:
    return true;
  default:
    return false;
  }
}

static bool isToFunction(const ValueType &type) {
  return type.kind == abi::Kind::Func ||
         (type.kind == abi::Kind::Concrete &&
          type.type->kind == abi::TypeKind::Func);
}

static bool holdFunctions(Store &store, const ValueType *types, uint32_t count,
                          const abi::Value *values) {
  for (uint32_t i = 0; i < count; ++i)
    if (isToFunction(types[i]) && !store.mayHold(types[i], values[i].ref))
      return false;
  return true;
}

bool Store::areArguments(const abi::TypeIdentity &type,
                         const abi::Value *values) {
  const InternedType &interned = internedOf(&type);
  return !interned.values ||
         holdFunctions(*this, interned.values, interned.parameterCount, values);
}

bool Store::areResults(const abi::TypeIdentity &type,
                       const abi::Value *values) {
  const InternedType &interned = internedOf(&type);
  return !interned.values ||
         holdFunctions(*this, interned.values + interned.parameterCount,
                       interned.resultCount, values);
}

static bool areEqual(const ValueType &left, const ValueType &right) {
  return left.kind == right.kind && left.isNullable == right.isNullable &&
         left.type == right.type;
}

/// Core 3.0, 3.3.9 Limits; a provided thing's minimum is the size it has now.
static bool matches(const abi::LimitsDescriptor &sub, uint64_t size,
                    const abi::LimitsDescriptor &super) {
  return sub.is64 == super.is64 && sub.isShared == super.isShared &&
         sub.pageSizeLog2 == super.pageSizeLog2 && size >= super.minimum &&
         (super.maximum == UINT64_MAX || sub.maximum <= super.maximum);
}

/// Another thread may grow a shared memory meanwhile.
static uint64_t pageCount(const abi::Memory &memory) {
  return __atomic_load_n(&memory.sizeBytes, __ATOMIC_RELAXED) >>
         memory.pageSizeLog2;
}

/// Core 3.0, 3.3.14 External Types, of something that exists.
static bool matches(const Extern &provided, const ExternType &wanted) {
  if (provided.type.kind != wanted.kind)
    return false;
  switch (wanted.kind) {
  case abi::ExternKind::Func:
    return matches(*provided.type.type, *wanted.type);
  case abi::ExternKind::Tag:
    return provided.type.type == wanted.type;
  case abi::ExternKind::Memory: {
    return matches(provided.type.limits, pageCount(*provided.memory),
                   wanted.limits);
  }
  case abi::ExternKind::Table:
    return matches(provided.type.limits, provided.table->size, wanted.limits) &&
           areEqual(provided.type.value, wanted.value);
  case abi::ExternKind::Global:
    if (provided.type.isMutable != wanted.isMutable)
      return false;
    return wanted.isMutable ? areEqual(provided.type.value, wanted.value)
                            : matches(provided.type.value, wanted.value);
  }
  return false;
}

static void print(Message &out, const ValueType &type) {
  static constexpr const char *names[] = {
      "i32",    "i64",  "f32",    "f64",      "v128",   "func",
      "extern", "any",  "eq",     "i31",      "struct", "array",
      "exn",    "none", "nofunc", "noextern", "noexn",
  };
  bool isConcrete = type.kind == abi::Kind::Concrete;
  const char *name =
      isConcrete ? type.type->text : names[static_cast<unsigned>(type.kind)];
  if (!isReference(type.kind))
    out << name;
  else
    out << (type.isNullable ? "(ref null " : "(ref ") << name << ")";
}

static void print(Message &out, const abi::LimitsDescriptor &limits) {
  if (limits.is64)
    out << " i64";
  out << " " << limits.minimum;
  if (limits.maximum != UINT64_MAX)
    out << " " << limits.maximum;
  if (limits.isShared)
    out << " shared";
}

static void print(Message &out, const ExternType &type) {
  switch (type.kind) {
  case abi::ExternKind::Func:
    out << type.type->text;
    return;
  case abi::ExternKind::Tag:
    out << "(tag " << type.type->text << ")";
    return;
  case abi::ExternKind::Memory:
    out << "(memory";
    print(out, type.limits);
    if (type.limits.pageSizeLog2 != 16)
      out << " (pagesize " << (uint64_t(1) << type.limits.pageSizeLog2) << ")";
    out << ")";
    return;
  case abi::ExternKind::Table:
    out << "(table";
    print(out, type.limits);
    out << " ";
    print(out, type.value);
    out << ")";
    return;
  case abi::ExternKind::Global:
    out << (type.isMutable ? "(global (mut " : "(global ");
    print(out, type.value);
    out << (type.isMutable ? "))" : ")");
    return;
  }
}

static void copyText(const Message &text, char *buffer, uint64_t sizeBytes) {
  if (!sizeBytes)
    return;
  uint64_t size = text.size() < sizeBytes - 1 ? text.size() : sizeBytes - 1;
  memcpy(buffer, text.data(), size);
  buffer[size] = 0;
}

void printType(const ExternType &type, char *buffer, uint64_t sizeBytes) {
  Message text;
  print(text, type);
  copyText(text, buffer, sizeBytes);
}

// Instantiation.

static std::string_view viewOf(const abi::Name &name) {
  return {name.bytes, name.sizeBytes};
}

static ValueType resolve(StoreInstance &instance, const abi::ValueType &type) {
  ValueType resolved = {type.kind, type.isNullable, nullptr};
  if (type.kind == abi::Kind::Concrete)
    resolved.type = instance.array<const abi::TypeIdentity *>(
        instance.module().typesOffset)[type.typeIndex];
  return resolved;
}

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
    hasFunctions |= isToFunction(resolve(*instance, descriptor.types[i]));
  if (interned.values || !hasFunctions)
    return true;
  interned.values = static_cast<ValueType *>(calloc(count, sizeof(ValueType)));
  if (!interned.values)
    return failForResources("no memory for types");
  interned.parameterCount = descriptor.parameterCount;
  interned.resultCount = descriptor.resultCount;
  for (uint32_t i = 0; i < count; ++i)
    interned.values[i] = resolve(*instance, descriptor.types[i]);
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
    wanted.value = resolve(*instance, wanted.limits.element);
    break;
  case abi::ExternKind::Global:
    wanted.value = resolve(*instance, module.globalTypes[import.index].type);
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
        addTable(store, type, resolve(*instance, type.element), reason);
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

/// The function with \p index as ElementDescriptor and ExportDescriptor count
/// them.
static abi::FuncRef *functionAt(StoreInstance &instance, uint32_t index) {
  const abi::ModuleDescriptor &module = instance.module();
  if (index == UINT32_MAX)
    return nullptr;
  if (index < module.importedFunctionCount)
    return instance
        .array<abi::FunctionImport>(module.functionImportsOffset)[index]
        .ref;
  return &instance.array<abi::FuncRef>(
      module.functionRefsOffset)[index - module.importedFunctionCount];
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
      storage[j] = functionAt(*instance, segment.functions[j]);
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

// Exports.

Extern tagOf(const abi::Exception &exception) {
  auto *tag =
      const_cast<StoreTag *>(reinterpret_cast<const StoreTag *>(exception.tag));
  Extern found;
  found.type.kind = abi::ExternKind::Tag;
  found.type.type = tag->type;
  found.tag = tag;
  return found;
}

static Extern exportOf(StoreInstance &instance,
                       const abi::ExportDescriptor &exported) {
  const abi::ModuleDescriptor &module = instance.module();
  Extern found;
  switch (exported.kind) {
  case abi::ExternKind::Func:
    found.function = functionAt(instance, exported.index);
    if (found.function)
      found.type.type = found.function->type;
    break;
  case abi::ExternKind::Memory:
    return externOf(*reinterpret_cast<StoreMemory *>(
        instance.array<abi::Memory *>(module.memoriesOffset)[exported.index]));
  case abi::ExternKind::Table:
    return externOf(*reinterpret_cast<StoreTable *>(
        instance.array<abi::Table *>(module.tablesOffset)[exported.index]));
  case abi::ExternKind::Tag: {
    auto *tag = static_cast<StoreTag *>(
        instance.array<void *>(module.tagsOffset)[exported.index]);
    found.type.type = tag->type;
    found.tag = tag;
    break;
  }
  case abi::ExternKind::Global: {
    if (exported.index < module.importedGlobalCount) {
      found.type = instance.importedGlobalTypes[exported.index];
      found.global =
          instance.array<abi::Value *>(module.globalsOffset)[exported.index];
      break;
    }
    const abi::GlobalDescriptor &type = module.globalTypes[exported.index];
    found.type.value = resolve(instance, type.type);
    found.type.isMutable = type.isMutable;
    found.global = &instance.array<abi::Value>(
        module.globalCellsOffset)[exported.index - module.importedGlobalCount];
    break;
  }
  }
  found.type.kind = exported.kind;
  return found;
}

Extern findExport(Instance &instance, std::string_view name) {
  auto &found = reinterpret_cast<StoreInstance &>(instance);
  const abi::ModuleDescriptor &module = found.module();
  for (uint32_t i = 0; i < module.exportCount; ++i)
    if (viewOf(module.exports[i].name) == name)
      return exportOf(found, module.exports[i]);
  return {};
}

uint32_t exportCount(const Instance &instance) {
  return instance.compiled->module->exportCount;
}

Extern exportAt(Instance &instance, uint32_t index, std::string_view &name) {
  auto &found = reinterpret_cast<StoreInstance &>(instance);
  const abi::ExportDescriptor &exported = found.module().exports[index];
  name = viewOf(exported.name);
  return exportOf(found, exported);
}

bool invokeExport(Instance &instance, uint32_t index, abi::Value *values,
                  TrapRecord &trap) {
  auto &found = reinterpret_cast<StoreInstance &>(instance);
  const abi::ModuleDescriptor &module = found.module();
  const abi::FuncRef *function = nullptr;
  if (index < module.exportCount &&
      module.exports[index].kind == abi::ExternKind::Func)
    function = functionAt(found, module.exports[index].index);
  if (!function) {
    trap.endByTrap(Trap::NullFunctionReference);
    return false;
  }
  return invokeIn(Contents::of(Store::of(*instance.compiled)), function, values,
                  trap);
}

} // namespace moat::rt
