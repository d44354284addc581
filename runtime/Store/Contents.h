// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the files of this folder know of a store: what it owns, in lists, and
// what they do for each other.

#pragma once

#include "Instance.h"
#include "Store/Store.h"
#include <cstdlib>
#include <new>

namespace moat::rt {

class Pool;
struct InternedType; // Store/Types.h

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

/// What a store made for a module. What the module's code sees is `compiled`.
struct StoreInstance {
  Instance runtime; // first
  StoreInstance *next;
  UnwindTables tables;
  bool hasTables;
  ExternType *importedGlobalTypes;
  void **elementStorage; ///< of all segments

  const abi::ModuleDescriptor &module() { return *runtime.compiled->module; }

  /// The array of \p T at \p offset of the compiled instance.
  template <typename T>
  T *array(uint32_t offset) {
    return reinterpret_cast<T *>(reinterpret_cast<char *>(runtime.compiled) +
                                 offset);
  }

  /// As ElementDescriptor and ExportDescriptor count them; may be null.
  abi::FuncRef *function(uint32_t index) {
    if (index == UINT32_MAX)
      return nullptr;
    if (index < module().importedFunctionCount)
      return array<abi::FunctionImport>(module().functionImportsOffset)[index]
          .ref;
    return &array<abi::FuncRef>(
        module().functionRefsOffset)[index - module().importedFunctionCount];
  }

  /// What the module calls \p type.
  ValueType resolve(const abi::ValueType &type) {
    ValueType resolved = {type.kind, type.isNullable, nullptr};
    if (type.kind == abi::Kind::Concrete)
      resolved.type = array<const abi::TypeIdentity *>(
          module().typesOffset)[type.typeIndex];
    return resolved;
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

inline std::string_view viewOf(const abi::Name &name) {
  return {name.bytes, name.sizeBytes};
}

/// Runs \p body as a call from the host: Domain::enter.
bool enterStore(Domain &domain, void (*body)(void *), void *argument,
                TrapRecord &record);

// Things of a store, within its limits. Null: \p error says why.
StoreMemory *addMemory(Contents &store, const abi::LimitsDescriptor &type,
                       bool isChecked, Errno &error);
StoreTable *addTable(Contents &store, const abi::LimitsDescriptor &type,
                     const ValueType &element, Errno &error);
Extern externOf(StoreMemory &memory);
Extern externOf(StoreTable &table);
/// Of a memory that nobody holds any more.
void destroyMemory(StoreMemory &memory);

} // namespace moat::rt
