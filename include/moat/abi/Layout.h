/* Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE. */
//
// The contract between compiled code and the runtime: what memories, tables,
// function references, instances and module descriptors look like. The compiler
// emits these structures field by field and reads them at these offsets; the
// runtime includes this header. Both models use them: an executable holds one
// module (the process model: the structures are hidden symbols, and addresses
// are constants), a library any number of instances (the instance model: the
// first parameter of every function is the instance).
//
// Nothing of ours is included here, there are no functions, and every offset
// that compiled code uses is pinned by a static_assert. A change raises
// `version`.

#pragma once

#include <cstddef>
#include <cstdint>

namespace moat::abi {

/// Of the layouts here, the calling convention, and the symbols below.
inline constexpr uint32_t version = 6;

struct Context;
struct FuncRef;
struct Instance;
struct ModuleDescriptor;
struct TypeIdentity;

/// A value of any type, as generic calls and global cells hold it.
union alignas(16) Value {
  uint32_t i32;
  uint64_t i64;
  float f32;
  double f64;
  uint8_t v128[16];
  void *ref; ///< null is the null reference
};
static_assert(sizeof(Value) == 16);

enum class Kind : uint8_t {
  I32,
  I64,
  F32,
  F64,
  V128,
  // Reference types: the abstract heap types, in the order of the compiler's
  // AbstractHeap, then a type of the module's own type space.
  Func,
  Extern,
  Any,
  Eq,
  I31,
  Struct,
  Array,
  Exn,
  None,
  NoFunc,
  NoExtern,
  NoExn,
  Concrete,
};

/// What a defined type is.
enum class TypeKind : uint8_t {
  Func,
  Struct,
  Array,
  Exception, ///< of cells that hold an abi::Exception; no type of a module
};

/// Supertypes that every TypeIdentity has room for, the type itself included.
inline constexpr uint32_t minimumDisplay = 8;
/// Of any type: see compiler/Wasm/Limits.h.
inline constexpr uint32_t maximumDepth = 63;

/// A defined type. Within an executable or a store equal types have equal
/// addresses. A function reference holds the one of its type
/// (FuncRef::type), and so does the first word of every structure and array.
///
/// Something is of type T or of a subtype of it exactly if its own type's
/// `display[T.depth]` is T, where that is within the display: every display has
/// minimumDisplay entries, and one that is deeper depth + 1.
struct TypeIdentity {
  const char *text;           ///< see TypeDescriptor::text
  const uint32_t *references; ///< see TypeDescriptor
  uint32_t sizeBytes;         ///< see TypeDescriptor
  uint32_t referenceCount;
  uint32_t depth; ///< the number of supertypes
  TypeKind kind;
  uint8_t elementLog2;
  uint16_t padding;
  /// The supertypes, the one without a supertype first, and the type itself
  /// last; then null.
  const TypeIdentity *display[minimumDisplay];
};
static_assert(offsetof(TypeIdentity, text) == 0 &&
              offsetof(TypeIdentity, depth) == 24 &&
              offsetof(TypeIdentity, display) == 32 &&
              sizeof(TypeIdentity) == 96);

// Objects. A reference of the any hierarchy is a word:
// - null is 0;
// - an i31 is its 31 bits shifted left by one, plus 1;
// - a structure or an array is the address of its cell, which begins with the
//   address of its TypeIdentity;
// - anything of the host's has `hostReferenceBit` set; the other bits are the
//   host's pointer.
// A reference of the extern hierarchy is the same with that bit inverted, but
// for null: the host's references are plain pointers.
// Structures: fields in their order from structFieldsOffset on, each aligned to
// its size. Arrays: the length, 32 bits, at arrayLengthOffset, and elements
// from arrayElementsOffset on. Cells are aligned to 16 bytes.

inline constexpr uint64_t hostReferenceBit = uint64_t(1) << 63;
inline constexpr uint64_t structFieldsOffset = 8;
inline constexpr uint64_t arrayLengthOffset = 8;
inline constexpr uint64_t arrayElementsOffset = 16;

/// Room for cells of one size: compiled code takes them from the front.
/// Cells are not cleared. Empty if both are equal.
struct AllocationRun {
  uint8_t *next;
  uint8_t *end;
};
static_assert(sizeof(AllocationRun) == 16);

/// Run c of a context is of cells of (c + 1) * cellBytes bytes; what is larger
/// is allocated by moat_gc_allocate alone.
inline constexpr uint64_t cellBytes = 16;
inline constexpr uint32_t allocationClassCount = 32;
/// The largest object.
inline constexpr uint64_t maximumObjectBytes = uint64_t(1) << 36;

/// A value type.
struct ValueType {
  Kind kind;
  bool isNullable; ///< of reference types
  uint16_t padding;
  uint32_t typeIndex; ///< of Concrete: index in ModuleDescriptor::types
};
static_assert(sizeof(ValueType) == 8);

/// What a non-null function reference points to.
struct FuncRef {
  const void *code;   ///< by the wasm calling convention
  Instance *instance; ///< the first argument in the instance model; null in the
                      ///< process model
  const TypeIdentity *type;
  /// Calls the function from C: arguments are in \p values from 0 on, and are
  /// replaced by the results. Runs on the stack it is called on. Null where
  /// nothing can need it.
  void (*call)(const FuncRef *self, Value *values);
};
static_assert(offsetof(FuncRef, code) == 0 &&
              offsetof(FuncRef, instance) == 8 &&
              offsetof(FuncRef, type) == 16 && offsetof(FuncRef, call) == 24 &&
              sizeof(FuncRef) == 32);

/// A linear memory. The base never changes while the memory lives, but with
/// --bounds=checked in the instance model it may.
struct Memory {
  uint8_t *base;
  uint64_t sizeBytes;     ///< current size
  uint64_t maximumPages;  ///< declared or implied: growing past it fails
  uint64_t reservedBytes; ///< from base: mapped or guard
  uint8_t pageSizeLog2;
  bool is64;
  bool isShared;
  bool isGuarded; ///< accesses are not checked, faults become traps
  uint32_t hugePagesFrom; ///< the runtime's own: of which size on, in units of
                          ///< 2 MiB, growth is tried with huge pages
  void *owner;            ///< the runtime's own
};
static_assert(offsetof(Memory, base) == 0 && offsetof(Memory, sizeBytes) == 8 &&
              sizeof(Memory) == 48);

/// A table. `elements` may change whenever it grows.
struct Table {
  void **elements; ///< function references are FuncRef pointers
  uint64_t size;   ///< in elements
  uint64_t maximum;
  void *owner; ///< the runtime's own
};
static_assert(offsetof(Table, elements) == 0 && offsetof(Table, size) == 8 &&
              sizeof(Table) == 32);

/// A data segment as instructions see it: dropping it sets the size to 0.
struct DataSegment {
  const uint8_t *bytes;
  uint64_t sizeBytes;
};
static_assert(offsetof(DataSegment, sizeBytes) == 8 &&
              sizeof(DataSegment) == 16);

/// An element segment as instructions see it: dropping it sets the size to 0.
struct ElementSegment {
  void **elements;
  uint64_t size;
};
static_assert(offsetof(ElementSegment, size) == 8 &&
              sizeof(ElementSegment) == 16);

/// An imported function, copied from its provider's FuncRef so that a call
/// needs one load.
struct FunctionImport {
  const void *code;
  Instance *instance;
  FuncRef *ref;
};
static_assert(offsetof(FunctionImport, instance) == 8 &&
              offsetof(FunctionImport, ref) == 16 &&
              sizeof(FunctionImport) == 24);

/// What all instances that run on one stack share: the process model's is the
/// symbol `moat_context`.
struct Context {
  /// Imports and the builtins marked Deep are entered only with the stack
  /// pointer at or above this address: at least `hostStackBytes` of guest stack
  /// are below it.
  uint8_t *stackFloor;
  void *runtime; ///< the runtime's own
  void *heap;    ///< the runtime's own
  /// Bytes of the guest's stack from stackFloor on, where entries of the
  /// instance model take themselves to be on it.
  uint64_t stackBytes;
  AllocationRun runs[allocationClassCount];
  /// Results of a function from the third on: result i is in results[i]. Valid
  /// from the callee's return to the caller's next call.
  Value results[1000];
};
static_assert(offsetof(Context, stackFloor) == 0 &&
              offsetof(Context, stackBytes) == 24 &&
              offsetof(Context, runs) == 32 &&
              offsetof(Context, results) == 544);

// What Context::runtime points to, as entries of exports know it that run small
// functions on the host's stack (compiler/Lower/InPlace.cpp). The thread's
// symbols are moat_prepared_thread, 32 bits, and moat_activation, the address of
// the innermost activation or null.

/// 64 bits, 0 if calls have no time limit and none is running that is
/// protected; in the first 32 bits a running call is marked as interrupted.
inline constexpr uint64_t callStateOffset = 16;
/// 32 bits: what moat_prepared_thread was in the last call.
inline constexpr uint64_t callThreadOffset = 28;
/// The activation of a call that nobody protects.
inline constexpr uint64_t activationOffset = 160;
/// In an activation: the host's stack pointer; 0: no such call is running.
inline constexpr uint64_t hostSpOffset = 8;

/// What compiled code leaves for imports and deep builtins on the guest's
/// stack.
inline constexpr uint64_t hostStackBytes = 64 << 10;
/// The guard below the guest's stack; frames above `stackProbeBytes` are
/// probed.
inline constexpr uint64_t stackGuardBytes = 64 << 10;
inline constexpr uint64_t stackProbeBytes = 16 << 10;

/// An exception: what a non-null reference of type exn points to, a cell of the
/// garbage-collected heap. Its values follow it.
struct Exception {
  const TypeIdentity *type; ///< the runtime's one, of TypeKind::Exception
  const char *const *tag;   ///< identity of the tag; leads to its type's text
  uint32_t valueCount;
  uint32_t padding;
  void *padding2;
};
static_assert(offsetof(Exception, type) == 0 && offsetof(Exception, tag) == 8 &&
              sizeof(Exception) == 32);

/// An instance begins with this. In the instance model the arrays follow it at
/// the offsets that the module descriptor names; the process model's is the
/// symbol `moat_instance`, and the module's parts are symbols of their own.
struct Instance {
  const ModuleDescriptor *module;
  Context *context;
  void *runtime; ///< the runtime's own: rt::Instance
  /// Process model, if Flag::Threads is set: the tables of the thread,
  /// [ModuleDescriptor::tableCount].
  Table *tables;
};
static_assert(offsetof(Instance, module) == 0 &&
              offsetof(Instance, context) == 8 &&
              offsetof(Instance, tables) == 24 && sizeof(Instance) == 32);

/// A type of the module. `text` identifies it across modules: it begins with
/// the type as the text format writes it, for example `(func (param i32 i64)
/// (result f32))`, with types in place of their indices, and if the type is
/// recursive, not final, or has a supertype, names its group behind that
/// (compiler/Lower/TypeText.cpp).
struct TypeDescriptor {
  const char *text;
  const ValueType *types;  ///< of functions: parameters, then results
  uint32_t parameterCount; ///< of functions
  uint32_t resultCount;
  uint32_t supertype; ///< index in ModuleDescriptor::types; UINT32_MAX: none
  uint32_t depth;     ///< the number of supertypes
  TypeKind kind;
  uint8_t elementLog2; ///< of arrays: log2 of an element's bytes
  uint16_t padding;
  /// Of structures: the bytes of an object; of arrays: arrayElementsOffset.
  uint32_t sizeBytes;
  /// Of structures: the number of fields that the collector follows, which are
  /// references of the any and extern hierarchies; of arrays: 1 if the elements
  /// are.
  uint32_t referenceCount;
  uint32_t padding2;
  const uint32_t *references; ///< of structures: those fields' byte offsets
  /// Code, by the wasm calling convention of this type, whose instance argument
  /// is the host's function object: it begins with an abi::Instance, of which
  /// the context must be set. Checks the stack, packs the arguments and calls
  /// moat_host_call with that object. Instance model only.
  const void *hostEntry;
  void (*call)(const FuncRef *self,
               Value *values); ///< as FuncRef::call; may be null
};
static_assert(sizeof(TypeDescriptor) == 72);

enum class ExternKind : uint8_t { Func, Table, Memory, Global, Tag };

/// The type of a memory or a table.
struct LimitsDescriptor {
  uint64_t minimum;
  uint64_t maximum; ///< UINT64_MAX: none
  bool is64;
  bool isShared;
  uint8_t pageSizeLog2; ///< of memories
  uint8_t padding;
  uint32_t padding2;
  ValueType element; ///< of tables
};
static_assert(sizeof(LimitsDescriptor) == 32);

struct GlobalDescriptor {
  ValueType type;
  uint32_t isMutable;
  uint32_t padding;
};
static_assert(sizeof(GlobalDescriptor) == 16);

/// A name: UTF-8, followed by a NUL that its size does not count; may hold
/// NULs.
struct Name {
  const char *bytes;
  uint64_t sizeBytes;
};

struct ImportDescriptor {
  Name module;
  Name field;
  ExternKind kind;
  uint8_t padding[3];
  uint32_t index; ///< of functions and tags: type index; else: index in its
                  ///< kind's array
};
static_assert(sizeof(ImportDescriptor) == 40);

struct ExportDescriptor {
  Name name;
  ExternKind kind;
  uint8_t padding[3];
  /// In the index space of its kind. Functions: imported functions come first,
  /// then the functions of ModuleDescriptor::functions.
  uint32_t index;
};
static_assert(sizeof(ExportDescriptor) == 24);

/// A defined function that is exported or that a reference can point to.
struct FunctionDescriptor {
  const void *code;
  uint32_t typeIndex;
  uint32_t functionIndex; ///< in the module's function index space
  /// As FuncRef::call, without a detour by its code; null: that of the type.
  void (*call)(const FuncRef *self, Value *values);
};
static_assert(sizeof(FunctionDescriptor) == 24);

struct ElementDescriptor {
  /// Index in the exported index space of functions (see
  /// ExportDescriptor::index) of each element, UINT32_MAX for null. Null
  /// pointer: ModuleDescriptor::initialize fills it.
  const uint32_t *functions;
  uint64_t size;
  ValueType type;
};
static_assert(sizeof(ElementDescriptor) == 24);

/// A row of the function name table (section `moat_functions`), in no order.
/// Both addresses are relative to the field that holds them.
struct FunctionName {
  int32_t code;
  int32_t name; ///< NUL-terminated
  uint32_t functionIndex;
};
static_assert(sizeof(FunctionName) == 12);

/// Whole pages of a data segment that the runtime may move to \p address of
/// memory 0 before anything is initialized, instead of copying them. Nothing
/// else lies in these pages.
struct MappedData {
  uint64_t address;
  void *bytes;
  uint64_t sizeBytes;
};
static_assert(sizeof(MappedData) == 24);

/// Bytes that are moved begin at an address, and at an offset in memory, that
/// this divides. Fewer than `mappedDataBytes` are not worth it.
inline constexpr uint64_t mappedPageBytes = 4096;
inline constexpr uint64_t mappedDataBytes = 128 << 10;

/// Everything the runtime must know of a compiled module: the symbol
/// `moat_module`.
///
/// Instantiation (Core 3.0, 4.7.3): the runtime allocates memories and tables
/// (null) and, in the instance model, fills the instance's arrays: memory bases
/// and pointers, table pointers, the cells of imported globals, imports, types,
/// function references, segments (elements where the descriptor lists
/// functions). Then it calls `initialize`, which evaluates globals and initial
/// elements, applies active segments in order, and calls the start function; it
/// may trap.
///
/// In the process model memories, tables and segments are arrays of the
/// module's own: `memories` and so on below. The offsets are 0 and
/// `instanceSizeBytes` is that of Instance.
struct ModuleDescriptor {
  uint32_t version;
  uint32_t flags; ///< see Flag
  const char *name;
  const void *elfHeader; ///< the ELF file's header: leads to .eh_frame_hdr
  const FunctionName *namesBegin, *namesEnd;
  void (*initialize)(Instance *);

  const TypeDescriptor *types;
  const ImportDescriptor *imports;
  const ExportDescriptor *exports;
  const FunctionDescriptor *functions;
  const LimitsDescriptor *memoryTypes; ///< index space, imported ones first
  const LimitsDescriptor *tableTypes;
  const GlobalDescriptor *globalTypes;
  const uint32_t *tagTypes; ///< type indices
  const ElementDescriptor *elements;
  const DataSegment *datas;

  uint32_t typeCount, importCount, exportCount, functionCount;
  uint32_t memoryCount, tableCount, globalCount, tagCount;
  uint32_t elementCount, dataCount;
  uint32_t importedFunctionCount, importedMemoryCount, importedTableCount;
  uint32_t importedGlobalCount, importedTagCount;

  /// Instance model: bytes to allocate, and where in the instance each array
  /// is.
  uint32_t instanceSizeBytes;
  uint32_t memoryBasesOffset; ///< uint8_t *[memoryCount]
  uint32_t memoriesOffset;    ///< Memory *[memoryCount]
  uint32_t tablesOffset;      ///< Table *[tableCount]
  uint32_t globalsOffset; ///< Value *[importedGlobalCount], then to 16 bytes
                          ///< aligned Value[globalCount - importedGlobalCount]
  uint32_t globalCellsOffset;     ///< of those Values
  uint32_t functionImportsOffset; ///< FunctionImport[importedFunctionCount]
  uint32_t functionRefsOffset;    ///< FuncRef[functionCount]
  uint32_t typesOffset;           ///< const TypeIdentity *[typeCount]
  uint32_t elementsOffset;        ///< ElementSegment[elementCount]
  uint32_t datasOffset;           ///< DataSegment[dataCount]
  uint32_t tagsOffset;            ///< void *[tagCount], identities
  uint32_t processRootCount;

  /// Process model: the module's own arrays; null in the instance model.
  Memory *processMemories; ///< [memoryCount]
  Table
      *processTables; ///< [tableCount]; elements set already: a constant table
  ElementSegment *processElements; ///< [elementCount]
  /// [processRootCount]: globals that hold references that the collector
  /// follows.
  void *const *const *processRoots;
  /// [mappedDataCount]: what `initialize` leaves out. No two of them overlap.
  const MappedData *mappedDatas;
  uint64_t mappedDataCount;
};

enum class Flag : uint32_t {
  Process = 1 << 0,       ///< compiled for the process model
  CheckedBounds = 1 << 1, ///< --bounds=checked
  /// Process model: the module can be instantiated once for each thread, all of
  /// them sharing its memories. `initialize` is called on each, with the
  /// instance of the thread; processTables is what each begins with; globals
  /// and segments are thread-local symbols. Its export wasi_thread_start, of
  /// type [i32 i32] -> [], has a C entry.
  Threads = 1 << 2,
};

// The process model's linear memory 0 begins here: above the image and the heap
// behind it, below 2 GiB so that an address folds into an instruction. A guard
// of `memoryGuardBytes` is below it; 4 GiB of addresses, 4 GiB of offsets and a
// guard of the same size follow.
//
// It is as far up as LLVM folds offsets (16 MiB): at the end the kernel looks
// through 8 entries of the page directory that ends at 2 GiB, and not through
// 256.
inline constexpr uint64_t processMemoryBase = 0x7f00'0000;
inline constexpr uint64_t memoryGuardBytes = 16 << 20;
inline constexpr uint64_t memoryReservationBytes =
    (uint64_t(8) << 30) + memoryGuardBytes;
/// A 32-bit memory holds one page less than 2^32 bytes.
inline constexpr uint64_t maximumPages32 = 65535;

// Symbols, all hidden in executables:
//   moat_module      const ModuleDescriptor     defined by the compiler
//   moat_memory0     linear memory 0            at processMemoryBase, set by
//   the linker moat_instance    Instance                   defined by the
//   runtime moat_context     Context                    defined by the runtime
//   moat_manifest    see abi/Manifest.h         defined by the compiler
//   moat_main        void (Instance *)          what an executable runs after
//   instantiation:
//                    the runtime's calls moat_export__start; an object on
//                    moat's command line may bring its own
//   moat_<builtin>   see abi/Builtins.def
//   moat_import_<module>__<field>   an imported function, by the C calling
//   convention:
//                    the instance, then the parameters; more than one result
//                    through a pointer to Value in front of the parameters,
//                    behind the instance. The runtime provides those of WASI by
//                    the same rule, weakly.
//   moat_export_<name>  an exported function, likewise.
// In names every byte but letters, digits and `_` is written `$` and two
// hexadecimal digits, and so is a `_` that follows another `_`, and the last
// `_` of a module's name. Only the name's own bytes count, not the prefix: the
// export `_start` is `moat_export__start`. Parameters and results: i32 is
// uint32_t, i64 uint64_t, f32 float, f64 double, references void *.

} // namespace moat::abi
