// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The life of a store, which owns, in lists, everything that was made in it;
// and what traps and the garbage collector ask it.

#include "Store/Store.h"
#include "Arch/Outside.h"
#include "Arch/Valgrind.h"
#include "Builtins.h"
#include "Collect.h"
#include "ForeignFrames.h"
#include "Host/Host.h"
#include "Interrupt.h"
#include "Message.h"
#include "Pool.h"
#include "Store/Types.h"
#include "Table.h"

namespace moat::rt {

// Modules in shared objects find these by name: none may be left in the
// archive.
[[gnu::used]] static const void *const exportedBuiltins[] = {
#define BUILTIN(name, stack, attributes, result, parameters)                   \
  reinterpret_cast<const void *>(builtins::moat_##name),
#include "moat/abi/Builtins.def"
};

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

/// Null: \p pc is not in code of a module.
static StoreInstance *instanceAt(const Contents &store, uint64_t pc) {
  for (StoreInstance *each = store.instances; each; each = each->next) {
    uint32_t function;
    if (each->hasTables && each->tables.image.contains(pc) &&
        functionNameAt(each->module(), pc, function))
      return each;
  }
  return nullptr;
}

static bool isGuestCode(const Domain &domain, uint64_t pc) {
  return instanceAt(*static_cast<const Contents *>(domain.owner), pc);
}

Instance *Store::instanceAt(uint64_t pc) {
  StoreInstance *found = rt::instanceAt(Contents::of(*this), pc);
  return found ? &found->runtime : nullptr;
}

/// An exception of another store has tags and references that mean nothing in
/// this one: it ends the call.
static void throwOn(const Domain &domain, abi::Exception *exception) {
  const Heap *heap = heapOf(*domain.context);
  if (heap && heap->contains(exception))
    builtins::moat_throw_exception(exception);
}

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

Store &Store::of(const abi::Instance &instance) {
  return *const_cast<Contents *>(
      static_cast<const Contents *>(domainOf(*instance.context).owner));
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

bool Store::interrupt() { return interruptCall(Contents::of(*this).domain); }

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

} // namespace moat::rt
