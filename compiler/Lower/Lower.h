// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A validated module to LLVM IR, partition by partition. Every partition is
// lowered into an LLVMContext of its own, so partitions may be lowered,
// optimized and emitted side by side; what they share is the const Module and
// the const ModuleSummary.

#pragma once

#include "Wasm/Module.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace moat {

enum class CodeModel : uint8_t {
  Process,  ///< one instance per process: everything is a symbol
  Instance, ///< the first parameter of every function is the instance
};

enum class BoundsChecks : uint8_t {
  Guard,   ///< out-of-bounds accesses fault in a guard
  Checked, ///< every access is compared with the memory's size
};

struct LowerOptions {
  CodeModel model = CodeModel::Process;
  BoundsChecks bounds = BoundsChecks::Guard;
  bool strictTraps = false; ///< every load and store is volatile
  bool strictFloat = false; ///< NaNs exactly as specified, whatever is inlined
  bool deterministicSimd =
      false; ///< relaxed vector instructions do what no processor decides
  /// Make a C entry (moat_export_…) for every exported function. Otherwise, in
  /// the process model, only for `_start`.
  bool exportAll = false;
  /// Process model: define moat_main, to call this export with the arguments of
  /// the command line. Empty: the runtime's.
  std::string invoke;
  /// Instance model: make a C entry (librarySymbol) for every exported
  /// function, and call the module `<library>__module`, too. Empty: neither.
  std::string library;
  /// The optimizer will run: lower inline candidates of other partitions, and
  /// say what is known of functions. Not for -O0: LLVM's fast instruction
  /// selection drops calls that only read memory and whose results are unused,
  /// even those that may trap.
  bool optimizing = true;
  /// Bytes of the manifest (abi/Manifest.h); process model only.
  std::string manifest;
  /// What is told of the module in a section of its own (Describe.h).
  std::string description;
};

/// Some of the globals that ModuleSummary::globalBits numbers, a bit each.
using GlobalSet = uint64_t;
inline constexpr GlobalSet allGlobals = ~GlobalSet(0);

/// Facts about the whole module, computed once before it is partitioned. Per
/// function: what it may touch, itself or through its calls.
struct FunctionSummary {
  bool readsMemory = false;
  bool writesMemory = false; ///< or grows it, or changes a table or a segment
  bool readsGlobals = false; ///< mutable ones
  bool writesGlobals = false;
  /// Those that it may read and write, if references are to functions of this
  /// module and imports touch none (ModuleSummary::isClosed).
  GlobalSet globalsRead = 0, globalsWritten = 0;
  bool callsOut = false; ///< reaches an import or an unknown function
  bool mayTrap = false;
  bool escapes = false; ///< a reference to it can exist
  bool isExported = false;
  bool isCalled = false;     ///< directly, from somewhere in the module
  bool isTailCalled = false; ///< directly
  bool hasTailCall = false;  ///< itself, of any kind
  bool isOversized = false;  ///< takes the -O0 pipeline
  bool hasLoop = false;
};

struct ModuleSummary {
  std::vector<FunctionSummary> functions; ///< by function index
  std::vector<bool>
      globalIsWritten; ///< by global index: somewhere in the module
  /// By global index: the bit in a GlobalSet of a mutable number that is
  /// defined here, for the first of them; none for all other globals.
  std::vector<std::optional<uint8_t>> globalBits;
  /// What is imported are memories, and functions that a program has from the
  /// runtime, which do not call back.
  bool isClosed = false;
  std::vector<bool> tableIsChanged; ///< by table index: by an instruction
  bool hasTailCalls = false;        ///< of any kind
  bool hasExceptions = false;       ///< throws, or has try blocks
  bool hasOversized = false;        ///< some function takes the -O0 pipeline
  /// A program may have a thread for each call of wasi.thread-spawn: it is
  /// imported, wasi_thread_start exported, every memory shared, and globals,
  /// tables and element segments hold no references but to functions (the
  /// collector would not find a thread's).
  bool spawnsThreads = false;
};

/// Walks every body once. \p module has been validated.
ModuleSummary summarize(const Module &module);

/// The functions [begin, end) of the function index space. Partition 0 also
/// holds what belongs to the module as a whole: globals, tables, segments, the
/// module descriptor, C entries of exports and the initialization.
struct Partition {
  uint32_t index = 0;
  uint32_t begin = 0;
  uint32_t end = 0;
};

/// Groups the functions by their size in bytes alone, so that the result does
/// not depend on the machine.
std::vector<Partition> partition(const Module &module);

/// Lowers one of \p partitions. The result verifies, has \p target's data
/// layout, and calls helpers and imports by name.
std::unique_ptr<llvm::Module> lower(const Module &module,
                                    const ModuleSummary &summary,
                                    ArrayRef<Partition> partitions,
                                    uint32_t index, const LowerOptions &options,
                                    llvm::LLVMContext &context,
                                    const llvm::TargetMachine &target);

/// Lets entries of exports do without a change of stacks where their functions
/// are small and call nothing. To be called between optimizing and emitting:
/// only then it is known.
void placeSmallFunctions(llvm::Module &ir);

/// Adds a row of the function name table for every function that is left in \p
/// ir. To be called between optimizing and emitting: a row is no use of the
/// function that the optimizer would have to respect.
void addFunctionNames(llvm::Module &ir, const Module &module);

/// The C symbol of an import or an export (the rule is in abi/Layout.h).
std::string importSymbol(StringRef module, StringRef field);
std::string exportSymbol(StringRef name);

/// The C symbol of a library's export: `<library>_<name>`, spelled likewise. A
/// leading `_` stays only in `_start` and `_initialize`, so that `__` is never
/// in a name.
std::string librarySymbol(StringRef library, StringRef name);
/// The part of an import's symbol behind `moat_import_`.
std::string importMember(StringRef module, StringRef field);

} // namespace moat
