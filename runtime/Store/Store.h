// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Modules in a host program (instance model): stores, instances, imports and
// exports.
//
//   Store *store = Store::create({});
//   Extern print = store->makeFunction("(func (param i32))", callback, data);
//   Import imports[] = {{"spectest", "print_i32", print}};
//   LinkError error;
//   Instance *instance = store->instantiate(moat_module, imports, error);
//   Extern add = findExport(*instance, "add");
//   abi::Value values[2] = {…};
//   TrapRecord trap;
//   if (!store->invoke(add.function, values, trap)) …
//
// Everything a store made lives until the store is destroyed, linked or not:
// references go from anything to anything there, so the store is what is
// destroyed, and cheap enough for one a plugin. The modules' code must stay
// loaded as long. One thread at a time uses a store; interrupt() is for others.
// Threads with a store each can share memories (Store::share).
// Core 3.0, 4.2.3 Store, 4.5.3 External typing, 4.7.3 Instantiation.

#pragma once

#include "HostFunction.h"
#include "Instance.h"
#include "Trap.h"
#include "moat/abi/Layout.h"
#include "moat/abi/Manifest.h"
#include <span>
#include <string_view>

namespace moat::rt {

class Pool;

/// A value type that means the same for every module of a store.
struct ValueType {
  abi::Kind kind = abi::Kind::I32;
  bool isNullable = false;
  const abi::TypeIdentity *type = nullptr; ///< of Concrete: the store's
};

/// The type of something that can be imported or exported.
struct ExternType {
  abi::ExternKind kind = abi::ExternKind::Func;
  const abi::TypeIdentity *type = nullptr; ///< of functions and tags
  abi::LimitsDescriptor limits = {}; ///< of memories and tables: as declared
  ValueType value;                   ///< of globals, and the element of tables
  bool isMutable = false;            ///< of globals
};

/// Something that can be imported or exported. Function, table and so on by
/// type.kind.
struct Extern {
  ExternType type;
  union {
    void *object = nullptr; ///< null: there is no such thing
    abi::FuncRef *function;
    abi::Table *table;
    abi::Memory *memory;
    abi::Value *global;
    void *tag;
  };

  explicit operator bool() const { return object != nullptr; }
};

/// What the host provides for one import. Names may hold any bytes.
struct Import {
  std::string_view module;
  std::string_view field;
  Extern provided;
};

/// Why a module could not be instantiated.
struct LinkError {
  enum Kind : uint8_t {
    None,
    BadModule,  ///< of another version, or compiled for the process model
    Unlinkable, ///< an import is missing, or of another type
    Resources,  ///< no memory or address space
    Trapped, ///< in an active segment or the start function: see `trap`. What
             ///< was written into imported memories and tables before stays.
  };
  Kind kind = None;
  /// Lower case; for Unlinkable begins with the specification's phrase
  /// ("unknown import", "incompatible import type") and names both sides with
  /// their types.
  char text[512] = {};
  TrapRecord trap;
};

struct StoreOptions {
  uint64_t stackBytes =
      abi::defaultStackBytes; ///< of the stack that all instances share
  /// Memories of the host's own reserve little address space: only modules
  /// compiled with --bounds=checked can import them.
  bool prefersUnguarded = false;
  /// Of objects of the guests: what their blocks may take. Unit: bytes.
  uint64_t heapLimitBytes = UINT64_MAX;
  /// For tests: every allocation collects, and overwrites what it frees.
  bool stressesHeap = false;
  // What the guests of the store may use.
  uint64_t memoryBytes = UINT64_MAX;   ///< of all memories together
  uint64_t tableElements = UINT64_MAX; ///< of all tables together
  /// Of each call from the host that is not inside another one; 0: no limit.
  uint64_t callTimeNs = 0;
  /// Where memories and the stack come from and go to; or null.
  Pool *pool = nullptr;
};

/// Modules that may share functions, memories, tables, globals and tags, and
/// the stack they run on.
class Store {
public:
  /// Null: no memory or address space.
  static Store *create(const StoreOptions &options);
  /// Frees every instance, memory, table and host function of the store.
  static void destroy(Store *store);

  // Things of the host's own that modules can import. An empty Extern: out of
  // memory, or the limits are past what can be had.

  /// \p typeText as in abi::TypeDescriptor::text: `(func (param i32 i64)
  /// (result f32))`.
  Extern makeFunction(std::string_view typeText, HostCallback callback,
                      void *userData);
  Extern makeMemory(const abi::LimitsDescriptor &limits);
  /// A shared memory of another store as one of this store's: instances of both
  /// use the same bytes, each store on its own thread. It lives as long as one
  /// of the stores. The other store must not be destroyed during the call.
  /// Empty also if \p memory is no shared memory.
  Extern share(const Extern &memory);
  /// \p element is of an abstract type.
  Extern makeTable(abi::Kind element, bool isNullable,
                   const abi::LimitsDescriptor &limits);
  Extern makeGlobal(abi::Kind kind, bool isNullable, bool isMutable,
                    const abi::Value &value);
  Extern makeTag(std::string_view typeText);

  /// Allocates and initializes an instance of \p module (Core 3.0, 4.7.3),
  /// start function included. Null: see \p error. Imports that the module does
  /// not ask for are ignored.
  Instance *instantiate(const abi::ModuleDescriptor &module,
                        std::span<const Import> imports, LinkError &error);

  /// Calls a function: \p values holds its arguments from 0 on, then its
  /// results. There must be room for both. May be called from host functions,
  /// at any depth. Returns false if it trapped; it fails for an argument that
  /// is to be a function of the store's and is not.
  [[nodiscard]] bool invoke(const abi::FuncRef *function, abi::Value *values,
                            TrapRecord &trap);

  /// Keeps an object of the guests (a reference of the any or extern
  /// hierarchy) as long as the store. What a function of the store returned to
  /// invoke() or passed to a function of the host is kept already; what was
  /// read from a global or a table, only while it is there.
  void keep(const void *reference);

  /// Interrupts the call that is running, from any thread: it traps
  /// (Interrupt.h). False: none is running.
  bool interrupt();

  /// An exception of the guest's, to be thrown: \p tag is one of the store's.
  /// Called while a guest runs; traps if there is no memory.
  abi::Exception *makeException(const Extern &tag, const abi::Value *values);

  /// Has \p destroy called for \p object when the store is destroyed, behind
  /// all else that goes; last come, first gone. False: no memory.
  [[nodiscard]] bool own(void *object, void (*destroy)(void *object));

  /// The store of an instance.
  static Store &of(const abi::Instance &instance);

  /// Whether \p reference is one to a function of this store; it may be
  /// anything.
  bool knowsFunction(const void *reference);

  /// Whether the host may put \p reference where \p type is wanted. What a
  /// function reference is can be seen, and an external one may be anything;
  /// of other types the host has null alone.
  bool mayHold(const ValueType &type, const void *reference);

  /// The type of \p text, as the host writes it (TypeText.h) or as the store
  /// has it. Null: malformed, or no memory.
  abi::TypeIdentity *functionType(std::string_view text);

  /// Whether references to functions among arguments of a function or tag of
  /// this type are such.
  bool areArguments(const abi::TypeIdentity &type, const abi::Value *values);
  /// The same of results.
  bool areResults(const abi::TypeIdentity &type, const abi::Value *values);

  /// The instance whose module's code \p pc, of a recorded frame, is in. Null:
  /// none; the frame is the host's or the runtime's.
  Instance *instanceAt(uint64_t pc);

  /// The store's own of the type with this text (abi::TypeDescriptor::text).
  /// What only a module knows of it, such as its supertypes, is there once a
  /// module has brought it. Null: out of memory.
  abi::TypeIdentity *intern(std::string_view text);

  abi::Context &context();

  Store(const Store &) = delete;
  Store &operator=(const Store &) = delete;

protected:
  // A store is what create() makes.
  Store() = default;
  ~Store() = default;
};

/// The tag of an exception that modules of a store threw.
Extern tagOf(const abi::Exception &exception);

/// The export \p name of \p instance; empty if there is none.
Extern findExport(Instance &instance, std::string_view name);

/// The number of exports of \p instance, and each with its name.
uint32_t exportCount(const Instance &instance);
Extern exportAt(Instance &instance, uint32_t index, std::string_view &name);

/// Store::invoke of export \p index; traps if that is not a function.
[[nodiscard]] bool invokeExport(Instance &instance, uint32_t index,
                                abi::Value *values, TrapRecord &trap);

/// Writes a type as messages show it, for example `(global (mut i32))`.
/// NUL-terminated and cut off at \p sizeBytes.
void printType(const ExternType &type, char *buffer, uint64_t sizeBytes);

} // namespace moat::rt
