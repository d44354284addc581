// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the lowering of one partition shares: LLVM types, symbols, helpers, and
// the places where the two code models keep things.

#pragma once

#include "Lower/Lower.h"
#include "Lower/ObjectLayout.h"
#include "moat/abi/Layout.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

namespace moat {

using Builder = llvm::IRBuilder<>;

/// The traps (abi/Traps.def); the values are what moat_trap takes.
enum class TrapKind : uint32_t {
#define TRAP(name, text) name,
#include "moat/abi/Traps.def"
};

enum class Builtin : uint8_t {
#define BUILTIN(name, stack, attributes, result, parameters) name,
#include "moat/abi/Builtins.def"
};

/// What a memory access touches, for alias analysis. No two of them overlap;
/// fields and elements of objects are further regions, see
/// ModuleLowering::setField.
enum class Region : uint8_t {
  Guest,       ///< linear memory
  Structure,   ///< structures of the ABI
  Allocation,  ///< abi::Context::runs
  Header,      ///< the type of an object
  ArrayLength, ///< of an object
  Guarded,     ///< linear memory without a check that only this thread changes;
               ///< overlaps Guest (Wasm/Access.h)
};
inline constexpr size_t regionCount = 6;

/// A function to call by the wasm calling convention.
struct Callee {
  llvm::FunctionCallee function;
  llvm::Value *instance = nullptr; ///< the first argument in the instance model
};

class ModuleLowering;

/// Where the things of a module live: one implementation per code model. \p b
/// inserts into a function that has the instance as first parameter in the
/// instance model.
class Places {
public:
  virtual ~Places() = default;

  /// abi::Instance *, for imports and helpers.
  virtual llvm::Value *instance(Builder &b) = 0;
  /// abi::Context *.
  virtual llvm::Value *context(Builder &b) = 0;
  virtual llvm::Value *memoryBase(Builder &b, uint32_t index) = 0;
  /// abi::Memory *.
  virtual llvm::Value *memory(Builder &b, uint32_t index) = 0;
  /// abi::Table *.
  virtual llvm::Value *table(Builder &b, uint32_t index) = 0;
  virtual llvm::Value *tableElements(Builder &b, uint32_t index) = 0;
  /// i64.
  virtual llvm::Value *tableSize(Builder &b, uint32_t index) = 0;
  /// Address of the cell of a global.
  virtual llvm::Value *global(Builder &b, uint32_t index) = 0;
  /// Identity of a type, as FuncRef::type holds it.
  virtual llvm::Value *typeIdentity(Builder &b, uint32_t typeIndex) = 0;
  /// abi::FuncRef *.
  virtual llvm::Value *functionRef(Builder &b, uint32_t functionIndex) = 0;
  virtual Callee callee(Builder &b, uint32_t functionIndex) = 0;
  /// Identity of a tag, as abi::Exception::tag holds it.
  virtual llvm::Value *tag(Builder &b, uint32_t tagIndex) = 0;
  /// The function at \p index (i64) of a table, of type \p typeIndex; traps if
  /// there is none.
  virtual Callee indirectCallee(Builder &b, uint32_t table, llvm::Value *index,
                                uint32_t typeIndex) = 0;
  /// The functions of its own that indirectCallee() may be, if they are known
  /// and few, each with the code that callee() gives; else none.
  virtual ArrayRef<uint32_t> fewTargets(uint32_t table,
                                        uint32_t typeIndex) const {
    return {};
  }
  /// abi::ElementSegment *, abi::DataSegment *.
  virtual llvm::Value *elementSegment(Builder &b, uint32_t index) = 0;
  virtual llvm::Value *dataSegment(Builder &b, uint32_t index) = 0;

  /// At the begin of the initialization, which a thread calls with its
  /// instance.
  virtual void beginThread(Builder &) {}
  /// Defines what partition 0 holds of the model's own: \p initialValues of the
  /// globals that are known when compiling, null else.
  virtual void defineStorage(ArrayRef<llvm::Constant *> initialValues) = 0;
  /// ModuleDescriptor::processMemories and processTables.
  virtual std::pair<llvm::Constant *, llvm::Constant *> processArrays() = 0;
  /// ModuleDescriptor::processRoots.
  virtual SmallVector<llvm::Constant *> processRoots() = 0;
  /// Whether the initialization has to apply the active element segments of a
  /// table.
  virtual bool isTableConstant(uint32_t table) const = 0;
};

std::unique_ptr<Places> makeProcessPlaces(ModuleLowering &lowering);
std::unique_ptr<Places> makeInstancePlaces(ModuleLowering &lowering);

/// Names of the module's own symbols; all hidden.
namespace symbol {
std::string function(const Module &module, uint32_t index);
inline std::string global(uint32_t index) {
  return "moat_global." + std::to_string(index);
}
inline std::string functionRef(uint32_t index) {
  return "moat_ref." + std::to_string(index);
}
/// abi::TypeIdentity of a type, by its canonical index.
inline std::string type(uint32_t index) {
  return "moat_type." + std::to_string(index);
}
inline std::string tableElements(uint32_t index) {
  return "moat_table." + std::to_string(index);
}
/// Of the thread; see ModuleLowering::isThreaded.
inline constexpr char threadInstance[] = "moat_thread_instance";
inline std::string callTable(uint32_t index) {
  return "moat_calls." + std::to_string(index);
}
/// The functions of a type in a table.
inline std::string codeTable(uint32_t index, uint32_t canonicalType) {
  return "moat_codes." + std::to_string(index) + "." +
         std::to_string(canonicalType);
}
/// An attribute of an export's entry, whose value is the index of the function
/// that it calls, and metadata of that call.
inline constexpr char entryOf[] = "moat.entry-of";
/// An attribute of an export's entry: the index of the module's own function
/// that it may have inlined (InPlace.cpp).
inline constexpr char mayBeInPlace[] = "moat.may-be-in-place";
} // namespace symbol

/// Offsets of the arrays in an instance of the instance model.
struct InstanceLayout {
  uint32_t memoryBases, memories, tables, globals, globalCells, functionImports;
  uint32_t functionRefs, types, elements, datas, tags, sizeBytes;
};

/// What the processor that is compiled for has for vectors.
struct VectorTarget {
  explicit VectorTarget(const llvm::TargetMachine &target);
  bool isX86 = false; ///< with SSE2
  bool hasSsse3 = false;
  bool hasSse41 = false;
  bool hasAvx512 = false; ///< with DQ, on vectors of 128 bits
  bool hasFma = false;
  bool isAArch64 = false;
};

class ModuleLowering {
public:
  ModuleLowering(const Module &module, const ModuleSummary &summary,
                 ArrayRef<Partition> partitions, uint32_t index,
                 const LowerOptions &options, llvm::LLVMContext &context,
                 const llvm::TargetMachine &target);
  ~ModuleLowering();

  std::unique_ptr<llvm::Module> run();

  bool isProcess() const { return options.model == CodeModel::Process; }
  /// See abi::Flag::Threads.
  bool isThreaded() const { return isProcess() && summary.spawnsThreads; }
  bool isMain() const { return part.index == 0; }
  bool isOnlyPartition() const { return partitions.size() == 1; }
  bool contains(uint32_t functionIndex) const {
    return functionIndex >= part.begin && functionIndex < part.end;
  }

  // Types.
  llvm::Type *type(ValType type) const;
  /// By the wasm calling convention: at most two results are returned, the
  /// others are in abi::Context::results.
  llvm::FunctionType *functionType(const FuncType &type) const;
  /// By the C calling convention, as abi/Layout.h describes imports and
  /// exports.
  llvm::FunctionType *entryType(const FuncType &type) const;

  // Functions.
  /// Declares, or finds, the function of the module's index space that is
  /// defined in it.
  llvm::Function *function(uint32_t functionIndex);
  /// What a reference to it calls, by the wasm calling convention. Only
  /// partition 0 asks.
  llvm::Function *referenced(uint32_t functionIndex);
  /// The thunk that calls an import by the C calling convention (process
  /// model).
  llvm::Function *importThunk(uint32_t functionIndex);
  llvm::FunctionCallee builtin(Builtin builtin);
  /// Calls a builtin, after a check of the stack where its row asks for it.
  llvm::CallInst *callBuiltin(Builder &b, Builtin builtin,
                              ArrayRef<llvm::Value *> arguments);
  /// Makes a function of the wasm calling convention, with the attributes all
  /// have.
  llvm::Function *createFunction(llvm::FunctionType *type, const Twine &name,
                                 llvm::GlobalValue::LinkageTypes linkage);
  /// Traps with StackExhausted unless abi::hostStackBytes of stack are left.
  void checkStack(Builder &b);
  void trap(Builder &b, TrapKind kind);
  void trapIf(Builder &b, llvm::Value *condition, TrapKind kind);
  /// Traps unless \p condition, with the kind that \p makeKind computes on the
  /// cold path.
  void trapUnless(Builder &b, llvm::Value *condition,
                  llvm::function_ref<llvm::Value *()> makeKind);

  /// A call by the wasm calling convention; never a tail call. Its results, all
  /// of them.
  /// \p context is abi::Context * where the function that calls has no
  /// instance. Exceptions go to \p landingPad, if there is one.
  SmallVector<llvm::Value *, 4> call(Builder &b, const Callee &callee,
                                     const FuncType &type,
                                     ArrayRef<llvm::Value *> arguments,
                                     llvm::Value *context = nullptr,
                                     llvm::BasicBlock *landingPad = nullptr);
  /// Whether an exception can leave a call of \p callee.
  bool canThrow(Callee callee) const;
  /// A call in place of a return: `musttail`. The caller's results are of the
  /// same types.
  void tailCall(Builder &b, const Callee &callee,
                ArrayRef<llvm::Value *> arguments);
  /// The function that a reference, not null, is to (abi::FuncRef).
  Callee referenceCallee(Builder &b, llvm::Value *reference,
                         const FuncType &type);
  /// Returns from a function of the wasm calling convention.
  void emitReturn(Builder &b, const FuncType &type,
                  ArrayRef<llvm::Value *> results);
  /// The slot of result \p index in the results area of \p context.
  llvm::Value *resultSlot(Builder &b, llvm::Value *context, uint32_t index);

  // Accesses to structures of the ABI.
  llvm::LoadInst *loadField(Builder &b, llvm::Type *type, llvm::Value *base,
                            uint64_t offset, bool isInvariant = false);
  llvm::StoreInst *storeField(Builder &b, llvm::Value *value, llvm::Value *base,
                              uint64_t offset, bool isVolatile = false);
  void setRegion(llvm::Instruction *access, Region region);
  /// Says of a global's access which one it is.
  void setGlobal(llvm::Instruction *access, uint32_t globalIndex);
  /// The access is of a field, or of elements (field 0), of an object of type
  /// \p typeIndex.
  void setField(llvm::Instruction *access, uint32_t typeIndex, uint32_t field);

  // Objects and subtyping (Object.cpp, Cast.cpp).
  const ObjectLayout &objectLayout(uint32_t typeIndex);
  /// Nothing is of a subtype of \p typeIndex but what is of that type itself.
  bool isExact(uint32_t typeIndex) const;
  /// i1: whether \p identity (abi::TypeIdentity *) is of \p typeIndex or a
  /// subtype.
  llvm::Value *isSubtype(Builder &b, llvm::Value *identity, uint32_t typeIndex);
  /// Room for an object of \p sizeBytes (i64): fast if it is small. A function
  /// call, so that it makes no blocks.
  llvm::Value *callAllocate(Builder &b, llvm::Value *sizeBytes);
  /// Takes a cell of \p sizeBytes, a multiple of abi::cellBytes, off \p run;
  /// calls moat_gc_allocate with \p objectBytes where that is empty.
  llvm::Value *takeCell(Builder &b, llvm::Value *run, llvm::Value *sizeBytes,
                        llvm::Value *objectBytes);

  /// The value of a constant expression, if it is known when compiling; else
  /// null.
  llvm::Constant *constantValue(Range expression);
  llvm::Constant *vectorConstant(const uint8_t (&bytes)[16]) const;
  /// The value of an immutable global that is known when compiling; else null.
  llvm::Constant *constantGlobal(uint32_t globalIndex);
  /// The reference to a function as a constant, in the process model; else
  /// null.
  llvm::Constant *constantFunctionRef(uint32_t functionIndex);

  /// Position of a defined function among those that references or exports can
  /// reach.
  uint32_t escapingIndex(uint32_t functionIndex) const {
    return escaping[functionIndex];
  }
  /// As exports and element segments name a function
  /// (abi::ExportDescriptor::index).
  uint32_t descriptorIndex(uint32_t functionIndex) const;

  const Module &module;
  const ModuleSummary &summary;
  ArrayRef<Partition> partitions;
  const Partition part;
  const LowerOptions &options;
  const VectorTarget vectors;
  llvm::LLVMContext &context;
  std::unique_ptr<llvm::Module> ownedIr;
  llvm::Module &ir;
  std::unique_ptr<Places> places;
  InstanceLayout layout; ///< of the instance model
  uint32_t escapingCount = 0;

  llvm::IntegerType *const i8, *const i32, *const i64;
  llvm::PointerType *const ptr;
  /// The wasm calling convention: of all functions that are called indirectly.
  const llvm::CallingConv::ID callingConvention;

private:
  void numberEscaping();
  void defineFunctions();
  void defineInlineCandidates();
  void setAttributes(llvm::Function *function, uint32_t functionIndex) const;
  llvm::CallingConv::ID conventionOfFunction(uint32_t functionIndex) const;
  void setTouchedGlobals(llvm::Function *function, GlobalSet read,
                         GlobalSet written) const;
  void setTouchedGlobals(llvm::Function *function,
                         uint32_t functionIndex) const;
  llvm::MDNode *makeTag(StringRef name);
  llvm::Constant *constantI31(uint32_t value);
  llvm::BasicBlock *trapBlock(llvm::Function *function, TrapKind kind);

  std::vector<uint32_t> escaping; ///< by function index
  std::vector<llvm::Constant *>
      constantGlobals; ///< of the globals evaluated so far
  /// The blocks of the function that is being lowered that trap, by kind.
  llvm::Function *trapBlocksOwner = nullptr;
  llvm::SmallDenseMap<uint32_t, llvm::BasicBlock *, 8> trapBlocks;
  std::vector<llvm::Function *>
      declared; ///< by function index; null where not asked for
  llvm::MDNode *regionTags[regionCount] = {};
  llvm::MDNode *tagRoot = nullptr;
  /// Of fields of objects: by type (canonical) and field.
  llvm::DenseMap<std::pair<uint32_t, uint32_t>, llvm::MDNode *> fieldTags;
  std::vector<std::unique_ptr<ObjectLayout>> layouts; ///< by type index
  std::vector<bool> hasSubtypes; ///< by type index: in this module
};

/// For each type of a module, a text that identifies it
/// (abi::TypeDescriptor::text).
std::vector<std::string> typeTexts(const Module &module);

/// What partition 0 holds beside its functions: globals, tables, segments, the
/// module descriptor, C entries and the initialization (abi/Layout.h).
void defineModule(ModuleLowering &lowering);

/// The C entry of an exported function (abi/Layout.h, moat_export_…).
/// Process model: moat_main of a program that calls \p exported. The types are
/// defined (moat_types).
void defineInvokingMain(ModuleLowering &lowering, const Export &exported);
void defineExportEntry(ModuleLowering &lowering, const Export &exported);
/// TypeDescriptor::call and TypeDescriptor::hostEntry of a function type, and
/// FunctionDescriptor::call of an export.
llvm::Function *defineCallFromC(ModuleLowering &lowering, const FuncType &type);
llvm::Function *defineCallFromC(ModuleLowering &lowering,
                                uint32_t functionIndex);
llvm::Function *defineHostEntry(ModuleLowering &lowering, const FuncType &type);

/// Lowers the body of \p functionIndex into its function.
void lowerFunction(ModuleLowering &lowering, uint32_t functionIndex,
                   llvm::Function *function);

/// Lowers a constant expression that is not a constant to LLVM.
llvm::Value *lowerConstantExpression(ModuleLowering &lowering, Builder &b,
                                     Range expression);

} // namespace moat
