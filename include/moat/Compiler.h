// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The compiler as a library: one call turns a WebAssembly module into an
// executable, a shared library, an object or a text. Calls are independent and
// may run at the same time in several threads (linking takes turns: lld keeps
// its state in the process). Nothing is printed, and nothing is left behind by
// a call that fails.
//
//     moat::CompileOptions options;
//     options.emit = moat::EmitKind::Shared;
//     if (auto error = moat::compile(bytes, options, "/tmp/module.so"))
//       std::fputs(error->c_str(), stderr);

#pragma once

#include "moat/abi/Manifest.h"
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moat {

/// How hard to optimize. Default: O2.
enum class Level : uint8_t { O0, O1, O2, O3, Os };

/// What to make, in the order of the phases: each value stops behind its phase.
enum class EmitKind : uint8_t {
  Wasm, ///< the decoded and validated module's bytes (of text: its binary form)
  Llvm, ///< LLVM IR as lowered, as text: every partition, one after another
  LlvmOptimized, ///< LLVM IR behind the optimizer, likewise
  Asm,           ///< assembly, likewise
  Object,        ///< one relocatable object
  Executable,    ///< a static program
  Shared,  ///< a shared library with the symbol `moat_module` (instance model)
  Archive, ///< a static library for host programs (instance model)
  Node,    ///< an addon for Node: a shared library with the runtime in it
};

/// Where instance state lives (see abi/Layout.h).
enum class StateModel : uint8_t {
  Automatic, ///< Instance for Shared and Archive, Process for everything else
  Process,   ///< one instance per process: everything is a symbol
  Instance,  ///< the first parameter of every function is the instance
};

/// How accesses out of a memory's bounds are found.
enum class Bounds : uint8_t {
  Guard,   ///< they fault in reserved address space (8 GiB for each memory)
  Checked, ///< every access is compared: where address space is limited
};

/// What relaxed vector instructions do where the specification leaves a choice.
enum class RelaxedSimd : uint8_t {
  Fast,          ///< what the processor does fastest
  Deterministic, ///< the same everywhere: Core 3.0, A.7.5 Deterministic Profile
};

/// What becomes of the imports `bench.start` and `bench.end`, which modules of
/// benchmark suites call around what is to be timed.
enum class BenchImports : uint8_t {
  Missing, ///< imports like any other: an object has to provide them
  Quiet,   ///< the runtime provides functions that do nothing
  Time,    ///< and these: the time between them goes to standard error
};

/// Where a relative path of the host begins.
enum class PathBase : uint8_t {
  WorkingDirectory, ///< where the program is started
  Executable,       ///< the folder that the program's file is in
};

/// A folder that the program may use.
struct PreopenOption {
  std::string hostPath;
  std::string guestPath; ///< what the guest calls it
  bool isReadOnly = false;
  PathBase base = PathBase::WorkingDirectory;
};

/// What a standard stream of the program is.
struct StreamOption {
  enum Kind : uint8_t {
    Inherit, ///< what the program was started with
    Null,    ///< empty; takes everything
    File,    ///< for input only read; for output created if need be
  };
  Kind kind = Inherit;
  std::string hostPath; ///< of File
  /// Of File, for output: keep what is in it. Default: it is emptied.
  bool isAppend = false;
  PathBase base = PathBase::WorkingDirectory;
};

/// What a program is given when it is built. All empty: nothing is baked in,
/// and the program takes `--wasi-…` options when it starts.
struct Capabilities {
  std::vector<PreopenOption> preopens; ///< in descriptor order, from 3
  /// Sockets to accept connections at, or to use, behind the preopens:
  /// `127.0.0.1:80`, `[::1]:80`, `unix:PATH` or `fd:N` (abi/SocketAddress.h).
  std::vector<std::string> sockets;
  std::vector<std::string> environment; ///< `NAME=VALUE`, or `NAME`: the value
                                        ///< it has where the program is started
  std::vector<std::string>
      arguments; ///< behind argv[0], before the command line's
  std::array<StreamOption, 3> streams; ///< input, output, errors
  /// By abi::LimitKind, in the units of abi/Limits.def. Default: no limit; of
  /// the stack abi::defaultStackBytes.
  std::array<std::optional<uint64_t>, abi::limitCount> limits;
  /// No control characters of the program's reach a terminal.
  bool filtersTerminal = false;
  /// Layers of defence, as abi::HardenLayer has them
  /// (abi/Hardening.def). Default: all; with `extraInputs` or as an object
  /// only those that do not depend on what foreign code needs
  /// (abi::foreignHardenLayers).
  std::optional<uint32_t> hardenLayers;
  /// The program does not start where the kernel lacks one of them.
  bool requiresHardening = false;
  /// Leave the program open to `--wasi-…` options although something is baked
  /// in. Default: a program with any of the above but a stack size is sealed.
  bool isOpen = false;

  std::optional<uint64_t> &limit(abi::LimitKind kind) {
    return limits[static_cast<size_t>(kind)];
  }
};

/// The time a phase took, as `-v` shows it.
struct PhaseTime {
  std::string_view
      phase; ///< "decode", "validate", "lower", "optimize", "emit", "link", …
  uint64_t wallNs =
      0; ///< elapsed; of a phase that runs in several threads: the sum
  uint64_t cpuNs = 0; ///< CPU time of the threads that worked on it
};

struct CompileOptions {
  /// The module's name in messages. Default: the input path, or `<module>` for
  /// bytes.
  std::string inputName;

  Level level = Level::O2;
  EmitKind emit = EmitKind::Executable;
  StateModel model = StateModel::Automatic;
  Bounds bounds = Bounds::Guard;
  RelaxedSimd relaxedSimd = RelaxedSimd::Fast;

  /// Every load and store happens, and traps, exactly as written. Default: an
  /// access whose effect nobody uses may vanish with its trap.
  bool strictTraps = false;
  /// NaNs stay exactly as specified whatever is folded. Default: see
  /// compiler/README.md.
  bool strictFloat = false;
  /// Process model: make a C entry (`moat_export_…`) for every export, for
  /// objects on the command line that call them. Default: only for `_start`, or
  /// for every export as soon as `extraInputs` is not empty or an object is
  /// emitted.
  bool exportAll = false;

  /// Executable: the exported function that the program calls, with the
  /// arguments of its command line, and whose results it prints; behind
  /// `_initialize`, if there is one. Default: none; `_start` runs.
  std::string invoke;
  /// Shared and Archive: what C calls the library. The module is then
  /// `<libraryName>__module`, and every exported function has a C entry
  /// `<libraryName>_<export>`. Letters, digits, single underscores. Default: of
  /// the output's name for Archive; none for Shared.
  std::string libraryName;
  /// Where the C header of the library is written. Default: nowhere.
  std::string headerPath;

  /// Target triple. Default: this machine's processor, Linux.
  std::string target;
  /// LLVM's name of a processor, or `native`. Default: x86-64-v2 on x86-64. Of
  /// executables also a list: the first is what the program needs; functions
  /// whose loops gain by it have versions for the others, the best last, and
  /// the program takes what the machine has.
  std::string cpu;
  /// LLVM's processor features, `+avx2,-bmi`. Default: the processor's.
  std::string cpuFeatures;
  /// Wasm features, `+simd` or `-bulk-memory` each. Default: what
  /// --print-features shows.
  std::vector<std::string> features;

  /// Threads. 0: as many as there are processors. The output does not depend on
  /// it.
  unsigned jobs = 1;

  Capabilities capabilities;
  /// Objects and archives to link, before the runtime: they may define imports
  /// (`moat_import_<module>__<field>`) and `moat_main`.
  std::vector<std::string> extraInputs;
  /// Of executables only.
  BenchImports benchImports = BenchImports::Missing;
  /// Leave out the symbol table. The function names that backtraces print stay.
  bool strip = false;

  /// Folder with the runtime, `<resourceDir>/<triple>/libmoat.a`. Default:
  /// `lib/moat` beside the folder of the program or library that holds this
  /// code.
  std::string resourceDir;

  /// Called, in the calling thread, behind every phase. Default: nobody.
  std::function<void(const PhaseTime &)> phaseDone;
  /// Called whenever a unit of work is done, from any thread but never twice at
  /// once;
  /// \p total does not change. Default: nobody.
  std::function<void(size_t done, size_t total)> progress;
};

/// A compilation that failed.
struct CompileError {
  enum Kind : uint8_t {
    Input,  ///< malformed, invalid, or cannot be linked
    Option, ///< an option has no such value, or two contradict each other
    System, ///< a file cannot be read or written
  };
  Kind kind = Input;
  /// `file:0x1f: function 12 (parse_line): type mismatch: …`; lines of several
  /// errors are separated by newlines, the last has none.
  std::string text;
  const char *c_str() const { return text.c_str(); }
};

/// Compiles \p module, binary or text, to the file \p outputPath, which is
/// written beside and renamed: on failure it is left as it was. `-`: standard
/// output (text and Wasm only).
[[nodiscard]] std::optional<CompileError>
compile(std::span<const uint8_t> module, const CompileOptions &options,
        const std::string &outputPath);

/// The same for a file; `-` is standard input.
[[nodiscard]] std::optional<CompileError>
compile(const std::string &inputPath, const CompileOptions &options,
        const std::string &outputPath);

/// The C symbol of an imported or exported function: what an object that
/// provides or calls it uses (the rule is in abi/Layout.h).
std::string importSymbol(std::string_view module, std::string_view field);
std::string exportSymbol(std::string_view name);

} // namespace moat
