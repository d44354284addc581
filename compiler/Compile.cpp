// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The story of a compilation: the phases in order, and what holds between them.
// This file owns the module's bytes, the temporary objects and the output until
// it is complete; everything else is handed from phase to phase. It is the body
// behind moat/Compiler.h.
//
// Memory grows with a partition and the number of threads, not with the module:
// a partition's IR lives from its lowering to its object file, in one thread,
// and the object lies on disk.

#include "Decode/Decode.h"
#include "Describe.h"
#include "Diagnostics.h"
#include "Emit.h"
#include "Header.h"
#include "HostCpu.h"
#include "LibraryName.h"
#include "Link.h"
#include "Lower/Lower.h"
#include "Manifest.h"
#include "Optimize/Optimize.h"
#include "Validate/Validate.h"
#include "moat/Compiler.h"
#include "moat/abi/Layout.h"
#include "moat/abi/Versions.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/Binary.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Threading.h"
#include "llvm/Support/thread.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include <atomic>
#include <ctime>
#include <mutex>

using namespace moat;

/// LLVM's passes recurse. Address space, not memory: what is not used is not
/// there. Set here so that no `ulimit -s` changes what can be compiled.
static constexpr unsigned workerStackBytes = 256u << 20;

namespace {

/// An error that is not about the module.
class ClassifiedError : public llvm::ErrorInfo<ClassifiedError> {
public:
  static char ID;
  ClassifiedError(CompileError::Kind kind, std::string text)
      : kind(kind), text(std::move(text)) {}
  void log(raw_ostream &os) const override { os << text; }
  std::error_code convertToErrorCode() const override {
    return llvm::inconvertibleErrorCode();
  }
  CompileError::Kind kind;
  std::string text;
};

char ClassifiedError::ID = 0;

} // namespace

static Error optionError(const Twine &text) {
  return llvm::make_error<ClassifiedError>(CompileError::Option, text.str());
}

static Error systemError(const Twine &file, std::error_code code) {
  return llvm::make_error<ClassifiedError>(
      CompileError::System, (file + ": " + code.message()).str());
}

/// The same error, as one of an option's value.
static Error asOptionError(Error error) {
  return optionError(toString(std::move(error)));
}

static CompileError toCompileError(Error error, const std::string &inputName) {
  CompileError result;
  llvm::handleAllErrors(
      std::move(error),
      [&](const ClassifiedError &classified) {
        result = {classified.kind, classified.text};
      },
      [&](const llvm::ErrorInfoBase &other) {
        std::string text = other.message();
        // wabt's messages name the file themselves, with a line and a column.
        bool namesFile = StringRef(text).starts_with(inputName + ":");
        SmallVector<StringRef> lines;
        StringRef(text).split(lines, '\n');
        for (StringRef line : lines) {
          if (!result.text.empty())
            result.text += "\n";
          bool continues = line.starts_with(">>>") || line.starts_with(" ");
          if (!namesFile && !continues)
            result.text += inputName + (line.starts_with("0x") ? ":" : ": ");
          result.text += line;
        }
      });
  return result;
}

// Files.

namespace {

/// A temporary file that is gone in the end, also if a signal ends the process.
class ScratchFile {
public:
  ScratchFile() = default;
  ScratchFile(ScratchFile &&) = default;
  ~ScratchFile() {
    if (file)
      consumeError(
          file->discard()); // a file left in the temporary folder harms nobody
  }

  /// \p model: a path with `%` for random digits; \p what: its name in an
  /// error.
  Error create(const Twine &model, const Twine &what, unsigned mode = 0600) {
    auto created = llvm::sys::fs::TempFile::create(model, mode);
    if (!created)
      return systemError(what, errorToErrorCode(created.takeError()));
    file = std::move(*created);
    return Error::success();
  }
  const std::string &path() const { return file->TmpName; }
  int descriptor() const { return file->FD; }
  /// Gives the file its final name.
  Error keepAs(const std::string &name) {
    Error error = file->keep(name);
    file.reset();
    return error;
  }

private:
  std::optional<llvm::sys::fs::TempFile> file;
};

/// The output: written beside its name and renamed when it is complete. What is
/// no regular file (/dev/null, a pipe) is not replaced but written to.
class OutputFile {
public:
  Error open(const std::string &outputPath) {
    name = outputPath;
    llvm::sys::fs::file_status status;
    llvm::sys::fs::status(name, status);
    if (llvm::sys::fs::is_directory(status))
      return systemError(name, std::make_error_code(std::errc::is_a_directory));
    isReplaced = !llvm::sys::fs::exists(status) ||
                 llvm::sys::fs::is_regular_file(status);
    if (isReplaced)
      return scratch.create(name + ".tmp-%%%%%%%%", name, 0666);
    SmallString<64> folder;
    llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, folder);
    return scratch.create(folder + "/moat-%%%%%%%%", folder);
  }
  /// Where to write: by this path, or by this descriptor.
  const std::string &path() const { return scratch.path(); }
  int descriptor() const { return scratch.descriptor(); }

  Error commit() {
    if (isReplaced) {
      if (Error error = scratch.keepAs(name))
        return systemError(name, errorToErrorCode(std::move(error)));
      return Error::success();
    }
    auto contents = llvm::MemoryBuffer::getFile(path());
    if (!contents)
      return systemError(path(), contents.getError());
    std::error_code code;
    llvm::raw_fd_ostream os(name, code);
    if (code)
      return systemError(name, code);
    os << (*contents)->getBuffer();
    return closeStream(os, name);
  }

  /// Closes \p os and says what went wrong in writing.
  static Error closeStream(llvm::raw_fd_ostream &os, const Twine &name) {
    os.flush();
    std::error_code code = os.error();
    os.clear_error();
    return code ? systemError(name, code) : Error::success();
  }

private:
  template <unsigned size>
  using SmallString = llvm::SmallString<size>;
  std::string name;
  ScratchFile scratch;
  bool isReplaced = true;
};

/// Adds up the times of the phases. A phase may run in many threads at once.
class PhaseClock {
public:
  static uint64_t now(clockid_t clock) {
    timespec time;
    clock_gettime(clock, &time);
    return uint64_t(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  }

  /// Runs \p work and books its time on \p phase.
  template <typename Work>
  auto time(PhaseTime &phase, Work work) {
    uint64_t wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_THREAD_CPUTIME_ID);
    llvm::scope_exit book([&] {
      std::lock_guard<std::mutex> lock(mutex);
      phase.wallNs += now(CLOCK_MONOTONIC) - wall;
      phase.cpuNs += now(CLOCK_THREAD_CPUTIME_ID) - cpu;
    });
    return work();
  }

private:
  std::mutex mutex;
};

class Compilation {
public:
  Compilation(const CompileOptions &options, const std::string &outputPath)
      : options(options), outputPath(outputPath) {}
  Error run(llvm::MemoryBufferRef input);

private:
  bool emitsIr() const {
    return options.emit == EmitKind::Llvm ||
           options.emit == EmitKind::LlvmOptimized;
  }
  bool emitsText() const { return emitsIr() || options.emit == EmitKind::Asm; }
  bool links() const {
    return options.emit == EmitKind::Executable ||
           options.emit == EmitKind::Shared;
  }

  Error resolveOptions();
  Error resolveProcessors();
  std::string describeCompiled(const Module &module) const;
  Error resolveFeatures();
  Error checkStart(const Module &module) const;
  Error validateBodies(const Module &module, ArrayRef<Partition> partitions);
  Error compilePartition(const Module &module, const ModuleSummary &summary,
                         ArrayRef<Partition> partitions, uint32_t index);
  Error writePartition(llvm::Module &ir, llvm::TargetMachine &target,
                       uint32_t index);
  Error forEachPartition(size_t count,
                         llvm::function_ref<Error(uint32_t)> work);
  Error linkObjects(const Module &module);
  Error writeText(StringRef text);
  Error makeArchive(const std::string &path);
  Error writeHeader(const Module &module);
  std::string explainSymbol(const Module &module, StringRef symbol) const;
  void report(const PhaseTime &phase) {
    if (options.phaseDone && phase.wallNs)
      options.phaseDone(phase);
  }

  const CompileOptions &options;
  const std::string &outputPath;

  FeatureSet features = FeatureSet::built();
  TargetChoice target;
  std::vector<ProcessorVersion> versions; ///< the best last
  LowerOptions lowering;
  std::string runtimeDir;
  unsigned threads = 1;

  /// By partition: the object's file, or its text.
  std::vector<ScratchFile> objects;
  std::vector<std::string> texts;

  PhaseClock clock;
  PhaseTime decodeTime{"decode"}, validateTime{"validate"},
      summarizeTime{"summarize"}, lowerTime{"lower"}, optimizeTime{"optimize"},
      emitTime{"emit"}, linkTime{"link"};
};

} // namespace

Error Compilation::run(llvm::MemoryBufferRef input) {
  if (Error error = resolveOptions())
    return error;
  // Now: every option has a meaning, and the runtime is there if it is needed.

  std::unique_ptr<llvm::MemoryBuffer> binary;
  StringRef bytes = input.getBuffer();
  if (!bytes.starts_with(StringRef("\0asm", 4))) {
    PhaseTime parseTime{"parse"};
    auto text = llvm::MemoryBuffer::getMemBuffer(
        input, /*RequiresNullTerminator=*/false);
    auto parsed = clock.time(parseTime, [&] { return parseText(*text); });
    if (!parsed)
      return parsed.takeError();
    report(parseTime);
    binary = std::move(*parsed);
    bytes = binary->getBuffer();
  }
  auto decoded = clock.time(decodeTime, [&] {
    return decode(llvm::arrayRefFromStringRef(bytes), features);
  });
  if (!decoded)
    return decoded.takeError();
  report(decodeTime);
  const Module &module = *decoded;
  // Now: sections are well formed, and every index space has its final size.

  if (Error error = clock.time(
          validateTime, [&] { return validateModule(module, features); }))
    return error;
  std::vector<Partition> partitions = partition(module);
  if (Error error = validateBodies(module, partitions))
    return error;
  report(validateTime);
  if (options.emit == EmitKind::Wasm)
    return writeText(bytes);
  if (Error error = checkStart(module))
    return error;
  // Now: the module is valid, all of it, and nothing below reports an error
  // about it.

  ModuleSummary summary =
      clock.time(summarizeTime, [&] { return summarize(module); });
  lowering.description =
      clock.time(summarizeTime, [&] { return describeCompiled(module); });
  report(summarizeTime);
  objects.resize(partitions.size());
  texts.resize(emitsText() ? partitions.size() : 0);
  std::mutex progressMutex;
  size_t doneCount = 0;
  if (Error error = forEachPartition(partitions.size(), [&](uint32_t index) {
        Error error = compilePartition(module, summary, partitions, index);
        std::lock_guard<std::mutex> lock(progressMutex);
        if (options.progress)
          options.progress(++doneCount, partitions.size());
        return error;
      }))
    return error;
  report(lowerTime);
  report(optimizeTime);
  report(emitTime);
  // Now: wasm and IR are gone. What is left are objects or texts, in the
  // partitions' order.

  if (emitsText())
    return writeText(llvm::join(texts, ""));
  return linkObjects(module);
}

/// What `moat inspect` tells of the result.
std::string Compilation::describeCompiled(const Module &module) const {
  llvm::json::Object description = describe(module);
  llvm::json::Object builtBy{{"moat", MOAT_VERSION},
                             {"llvm", LLVM_VERSION_STRING},
                             {"abi", abi::version},
                             {"target", target.triple},
                             {"cpu", target.cpu}};
  llvm::json::Array names;
  for (const ProcessorVersion &version : versions)
    names.push_back(version.name);
  if (!names.empty())
    builtBy["versions-for"] = std::move(names);
  description["built-by"] = std::move(builtBy);
  return llvm::formatv("{0}", llvm::json::Value(std::move(description))).str();
}

// Options.

static OptLevel optLevel(Level level) { return static_cast<OptLevel>(level); }
static_assert(static_cast<int>(OptLevel::O0) == static_cast<int>(Level::O0) &&
              static_cast<int>(OptLevel::O3) == static_cast<int>(Level::O3) &&
              static_cast<int>(OptLevel::Os) == static_cast<int>(Level::Os));

static std::optional<Feature> findFeature(StringRef name) {
  for (Feature feature : {
#define FEATURE(name, text, built, where) Feature::name,
#include "Wasm/Features.def"
       })
    if (moat::toString(feature) == name)
      return feature;
  return std::nullopt;
}

Error Compilation::resolveFeatures() {
  for (StringRef change : options.features) {
    StringRef name = change;
    bool isOff = name.consume_front("-");
    name.consume_front("+");
    std::optional<Feature> feature = findFeature(name);
    if (!feature)
      return optionError("--feature=" + change +
                         ": no such feature; --print-features lists them");
    if (!isOff && !FeatureSet::built().has(*feature) &&
        options.emit != EmitKind::Wasm)
      return optionError("--feature=" + change + ": not supported yet");
    if (isOff)
      features.remove(*feature);
    else
      features.add(*feature);
  }
  return Error::success();
}

/// The capabilities, with the layers of defence that the program's inputs allow
/// where the options say nothing.
static Capabilities hardened(const CompileOptions &options) {
  Capabilities capabilities = options.capabilities;
  if (!capabilities.hardenLayers)
    capabilities.hardenLayers = defaultHardenLayers(options);
  return capabilities;
}

/// The processor that the program needs, and those that functions may have
/// versions for.
Error Compilation::resolveProcessors() {
  target.cpu = options.cpu.empty() ? defaultCpu(target.triple) : options.cpu;
  target.features = options.cpuFeatures;
  std::vector<NamedCpu> better =
      takeBetterCpus(target.cpu, options.cpuFeatures);
  resolveNativeCpu(target.cpu, target.features);
  if (auto machine = createTargetMachine(target); !machine)
    return asOptionError(machine.takeError());
  if (better.empty())
    return Error::success();
  if (options.emit != EmitKind::Executable && !emitsText())
    return optionError("--mcpu=" + options.cpu +
                       ": only a program chooses between processors");
  if (target.model != CodeModel::Process)
    return optionError("--mcpu=" + options.cpu +
                       ": only the process model has versions");
  if (better.size() > abi::mostVersions)
    return optionError("--mcpu=" + options.cpu + ": at most " +
                       Twine(abi::mostVersions) +
                       " processors behind the first");
  for (const NamedCpu &cpu : better) {
    Expected<ProcessorVersion> version =
        processorVersion(target, cpu.cpu, cpu.features);
    if (!version)
      return asOptionError(version.takeError());
    // `native` may be no more than the baseline.
    if (version->needs)
      versions.push_back(std::move(*version));
  }
  return Error::success();
}

Error Compilation::resolveOptions() {
  if (outputPath == "-" && !emitsText() && options.emit != EmitKind::Wasm)
    return optionError(
        "-o -: only text and wasm are written to standard output");
  if (Error error = resolveFeatures())
    return error;

  bool isLibrary = options.emit == EmitKind::Shared ||
                   options.emit == EmitKind::Archive ||
                   options.emit == EmitKind::Node;
  target.model = options.model == StateModel::Instance ||
                         (options.model == StateModel::Automatic && isLibrary)
                     ? CodeModel::Instance
                     : CodeModel::Process;
  if (isLibrary && target.model == CodeModel::Process)
    return optionError("--emit=shared: a library has the instance model");
  if (isLibrary)
    lowering.library = options.libraryName;
  if (options.emit == EmitKind::Archive && lowering.library.empty())
    lowering.library = libraryNameOf(outputPath);
  if (!lowering.library.empty() && !isLibraryName(lowering.library))
    return optionError("--name=" + lowering.library +
                       ": not letters, digits and single underscores");
  if (isReservedLibraryName(lowering.library))
    return optionError("--name=" + lowering.library +
                       ": C, C++ or the runtime has that name; --name= "
                       "chooses another");
  if (options.emit == EmitKind::Executable &&
      target.model == CodeModel::Instance)
    return optionError("--emit=exe: an executable has the process model");
  target.level = optLevel(options.level);
  target.triple = options.target.empty()
                      ? defaultTriple()
                      : llvm::Triple::normalize(options.target);
  if (Error error = resolveProcessors())
    return error;

  if (options.benchImports != BenchImports::Missing &&
      options.emit != EmitKind::Executable)
    return optionError("--provide-bench: only a program can have them");

  lowering.model = target.model;
  lowering.bounds = options.bounds == Bounds::Guard ? BoundsChecks::Guard
                                                    : BoundsChecks::Checked;
  lowering.strictTraps = options.strictTraps;
  lowering.invoke = options.invoke;
  lowering.strictFloat = options.strictFloat;
  lowering.deterministicSimd =
      options.relaxedSimd == RelaxedSimd::Deterministic;
  lowering.exportAll = options.exportAll || !options.extraInputs.empty() ||
                       options.emit == EmitKind::Object;
  lowering.optimizing = options.level != Level::O0;
  if (Error error = checkCapabilities(options.capabilities))
    return asOptionError(std::move(error));
  if (target.model == CodeModel::Process)
    lowering.manifest = encodeManifest(hardened(options));

  threads = options.jobs ? options.jobs
                         : llvm::hardware_concurrency().compute_thread_count();
  if (options.emit == EmitKind::Node) {
    Expected<std::string> found = findNodeAddon(options.resourceDir);
    if (!found)
      return llvm::make_error<ClassifiedError>(CompileError::System,
                                               toString(found.takeError()));
    runtimeDir = *found;
  }
  if (options.emit != EmitKind::Executable)
    return Error::success();
  std::string triple = "x86_64-linux-musl"; // the one the runtime is built for
  Expected<std::string> found = findRuntime(options.resourceDir, triple);
  if (!found)
    return llvm::make_error<ClassifiedError>(CompileError::System,
                                             toString(found.takeError()));
  runtimeDir = *found;
  return Error::success();
}

// Phases over partitions.

/// Runs \p work for every partition, in as many threads as asked for. Returns
/// the error of the lowest partition, so that the message does not depend on
/// the threads either.
Error Compilation::forEachPartition(size_t count,
                                    llvm::function_ref<Error(uint32_t)> work) {
  std::atomic<uint32_t> next = 0;
  std::atomic<bool> hasFailed = false;
  std::vector<std::unique_ptr<Error>> errors(count);
  auto worker = [&] {
    // Partitions are taken in order: those below a failed one have all been
    // begun.
    for (uint32_t index; !hasFailed && (index = next++) < count;) {
      Error error = work(index);
      if (!error)
        continue;
      errors[index] = std::make_unique<Error>(std::move(error));
      hasFailed = true;
    }
  };
  std::vector<llvm::thread> workers;
  for (unsigned i = 0, n = std::min<size_t>(threads, count); i < n; ++i)
    workers.emplace_back(std::optional<unsigned>(workerStackBytes), worker);
  for (llvm::thread &thread : workers)
    thread.join();

  Error first = Error::success();
  for (std::unique_ptr<Error> &error : errors) {
    if (!error)
      continue;
    if (!first)
      first = std::move(*error);
    else
      consumeError(std::move(*error)); // the first error is the useful one
  }
  return first;
}

Error Compilation::validateBodies(const Module &module,
                                  ArrayRef<Partition> partitions) {
  return forEachPartition(partitions.size(), [&](uint32_t index) {
    return clock.time(validateTime, [&] {
      return validateFunctions(module, features, partitions[index].begin,
                               partitions[index].end);
    });
  });
}

Error Compilation::compilePartition(const Module &module,
                                    const ModuleSummary &summary,
                                    ArrayRef<Partition> partitions,
                                    uint32_t index) {
  auto machine = createTargetMachine(target);
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  // Names cost time, and only people read them.
  context.setDiscardValueNames(!emitsIr());
  // By default the context prints errors of the code generator and exits.
  std::string complaint;
  context.setDiagnosticHandlerCallBack(
      [](const llvm::DiagnosticInfo *info, void *text) {
        if (info->getSeverity() != llvm::DS_Error)
          return;
        llvm::raw_string_ostream os(*static_cast<std::string *>(text));
        llvm::DiagnosticPrinterRawOStream printer(os);
        info->print(printer);
      },
      &complaint);

  std::unique_ptr<llvm::Module> ir = clock.time(lowerTime, [&] {
    return lower(module, summary, partitions, index, lowering, context,
                 **machine);
  });
  setTuning(*ir, **machine);
  if (options.emit != EmitKind::Llvm) {
    clock.time(optimizeTime, [&] {
      optimize(*ir, **machine, {target.level, options.strictFloat, versions});
    });
    if (index == 0 && !versions.empty())
      defineVersionNeeds(*ir, versions);
    placeSmallFunctions(*ir);
    addFunctionNames(*ir, module);
  }
  Error error = clock.time(
      emitTime, [&] { return writePartition(*ir, **machine, index); });
  if (!error && !complaint.empty())
    return errorOf("the code generator failed: " + complaint);
  return error;
}

Error Compilation::writePartition(llvm::Module &ir,
                                  llvm::TargetMachine &machine,
                                  uint32_t index) {
  if (emitsIr()) {
    llvm::raw_string_ostream os(texts[index]);
    ir.print(os, nullptr);
    return Error::success();
  }
  if (options.emit == EmitKind::Asm) {
    SmallVector<char, 0> assembly;
    llvm::raw_svector_ostream os(assembly);
    if (Error error = emit(ir, machine, EmitAs::Assembly, os))
      return error;
    texts[index].assign(assembly.data(), assembly.size());
    return Error::success();
  }
  llvm::SmallString<64> folder;
  llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, folder);
  if (Error error = objects[index].create(folder + "/moat-%%%%%%%%.o", folder))
    return error;
  llvm::raw_fd_ostream os(objects[index].descriptor(), /*shouldClose=*/false);
  if (Error error = emit(ir, machine, EmitAs::Object, os))
    return error;
  return OutputFile::closeStream(os, objects[index].path());
}

// The end.

Error Compilation::writeText(StringRef text) {
  if (outputPath == "-") {
    llvm::raw_fd_ostream os(STDOUT_FILENO, /*shouldClose=*/false);
    os << text;
    return OutputFile::closeStream(os, "standard output");
  }
  OutputFile output;
  if (Error error = output.open(outputPath))
    return error;
  llvm::raw_fd_ostream os(output.descriptor(), /*shouldClose=*/false);
  os << text;
  if (Error error = OutputFile::closeStream(os, outputPath))
    return error;
  return output.commit();
}

static const Export *findFunctionExport(const Module &module, StringRef name) {
  auto found = llvm::find_if(module.exports, [&](const Export &e) {
    return e.kind == ExternKind::Func && e.name == name;
  });
  return found == module.exports.end() ? nullptr : &*found;
}

static bool hasFunctionExport(const Module &module, StringRef name) {
  return findFunctionExport(module, name);
}

/// --invoke: the export is there, and a command line can give its arguments.
static Error checkInvoked(const Module &module, StringRef name) {
  const Export *invoked = findFunctionExport(module, name);
  if (!invoked)
    return optionError("--invoke=" + name +
                       ": the module exports no such function");
  for (ValType param : module.funcType(invoked->index).params)
    if (!param.isNumber())
      return optionError("--invoke=" + name + ": its type is " +
                         toString(module.funcType(invoked->index)) + ", and " +
                         toString(param) +
                         " cannot be given on a command line");
  return Error::success();
}

/// Says what a module without `_start` lacks.
static std::string explainMissingStart(const Module &module) {
  if (hasFunctionExport(module, "_initialize"))
    return "the module is a reactor (it exports _initialize and no _start): "
           "--invoke=NAME makes a program that calls an export, "
           "--emit=archive a library";
  return "the module exports no function _start, and no object or archive "
         "on "
         "the command "
         "line defines moat_main";
}

/// An executable has something to run. With objects on the command line only
/// the linker can tell.
Error Compilation::checkStart(const Module &module) const {
  if (!options.invoke.empty()) {
    if (options.emit != EmitKind::Executable)
      return optionError("--invoke: only an executable calls an export");
    return checkInvoked(module, options.invoke);
  }
  if (options.emit != EmitKind::Executable || !options.extraInputs.empty() ||
      hasFunctionExport(module, "_start"))
    return Error::success();
  return errorOf(explainMissingStart(module));
}

/// What an undefined symbol is to the module.
std::string Compilation::explainSymbol(const Module &module,
                                       StringRef symbol) const {
  if (symbol == exportSymbol(StringRef("_start")) &&
      !hasFunctionExport(module, "_start"))
    return explainMissingStart(module);
  for (const Import &import : module.imports) {
    if (importSymbol(import.module, import.field) != symbol)
      continue;
    std::string type =
        import.kind == ExternKind::Func
            ? ", type " + moat::toString(module.funcType(import.index))
            : "";
    return ("unknown import: module \"" + import.module + "\", field \"" +
            import.field + "\"" + type +
            ": no object or archive on the command line provides it")
        .str();
  }
  return {};
}

/// Binds `bench.start` and `bench.end` to functions of runtime/Bench.cpp.
static std::vector<std::string> benchAliases(BenchImports imports) {
  auto alias = [](StringRef field, StringRef function) {
    return importSymbol(StringRef("bench"), field) + "=" + function.str();
  };
  switch (imports) {
  case BenchImports::Missing:
    return {};
  case BenchImports::Quiet:
    return {alias("start", "moat_bench_nothing"),
            alias("end", "moat_bench_nothing")};
  case BenchImports::Time:
    return {alias("start", "moat_bench_start"), alias("end", "moat_bench_end")};
  }
  llvm_unreachable("a way to provide bench.start without functions");
}

Error Compilation::linkObjects(const Module &module) {
  OutputFile output;
  if (Error error = output.open(outputPath))
    return error;
  if (options.emit == EmitKind::Object && objects.size() == 1 &&
      options.extraInputs.empty()) {
    if (std::error_code code =
            llvm::sys::fs::copy_file(objects[0].path(), output.descriptor()))
      return systemError(outputPath, code);
    return output.commit();
  }
  LinkRequest request;
  request.kind = options.emit == EmitKind::Executable ? LinkKind::Executable
                 : options.emit == EmitKind::Shared   ? LinkKind::Shared
                 : options.emit == EmitKind::Node     ? LinkKind::NodeAddon
                                                      : LinkKind::Relocatable;
  for (const ScratchFile &object : objects)
    request.objects.push_back(object.path());
  request.extraInputs = options.extraInputs;
  request.runtimeDir = runtimeDir;
  request.strip = options.strip;
  request.aliases = benchAliases(options.benchImports);
  request.threads = std::min(threads, 8u);
  if (Error error = clock.time(linkTime, [&] {
        return link(request, output.path(), [&](StringRef symbol) {
          return explainSymbol(module, symbol);
        });
      }))
    return error;
  report(linkTime);
  if (options.emit == EmitKind::Archive)
    if (Error error = makeArchive(output.path()))
      return error;
  if (Error error = output.commit())
    return error;
  return options.headerPath.empty() ? Error::success() : writeHeader(module);
}

/// Turns the one object \p path into an archive of it, in which only what a
/// header declares is visible: archives of several modules go into one program.
Error Compilation::makeArchive(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false,
                                            /*IsVolatile=*/true);
  if (!buffer)
    return systemError(path, buffer.getError());
  auto object = llvm::object::createBinary(**buffer);
  if (!object)
    return object.takeError();
  llvm::objcopy::ConfigManager config;
  config.ELF.LocalizeHidden = true;
  if (Error error = config.Common.SymbolsToLocalize.addMatcher(
          llvm::objcopy::NameOrPattern::create(
              "moat_module", llvm::objcopy::MatchStyle::Literal,
              [](Error error) { return error; })))
    return error;
  SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream os(bytes);
  if (Error error = llvm::objcopy::executeObjcopyOnBinary(config, **object, os))
    return error;
  llvm::NewArchiveMember member(
      llvm::MemoryBufferRef({bytes.data(), bytes.size()}, "module.o"));
  member.MemberName = "module.o";
  return llvm::writeArchive(path, member, llvm::SymtabWritingMode::NormalSymtab,
                            llvm::object::Archive::K_GNU,
                            /*Deterministic=*/true, /*Thin=*/false);
}

Error Compilation::writeHeader(const Module &module) {
  OutputFile output;
  if (Error error = output.open(options.headerPath))
    return error;
  llvm::raw_fd_ostream os(output.descriptor(), /*shouldClose=*/false);
  os << makeHeader(module, lowering.library, options.inputName);
  if (Error error = OutputFile::closeStream(os, options.headerPath))
    return error;
  return output.commit();
}

// Compiler.h.

static std::optional<CompileError>
compileBuffer(llvm::MemoryBufferRef input, const CompileOptions &options,
              const std::string &outputPath) {
  if (Error error = Compilation(options, outputPath).run(input))
    return toCompileError(std::move(error), input.getBufferIdentifier().str());
  return std::nullopt;
}

std::optional<CompileError> moat::compile(std::span<const uint8_t> module,
                                          const CompileOptions &options,
                                          const std::string &outputPath) {
  StringRef bytes(reinterpret_cast<const char *>(module.data()), module.size());
  StringRef name =
      options.inputName.empty() ? StringRef("<module>") : options.inputName;
  return compileBuffer({bytes, name}, options, outputPath);
}

std::optional<CompileError> moat::compile(const std::string &inputPath,
                                          const CompileOptions &options,
                                          const std::string &outputPath) {
  auto buffer =
      llvm::MemoryBuffer::getFileOrSTDIN(inputPath, /*IsText=*/false,
                                         /*RequiresNullTerminator=*/false);
  std::string name = !options.inputName.empty() ? options.inputName
                     : inputPath == "-"         ? std::string("<stdin>")
                                                : inputPath;
  if (!buffer)
    return toCompileError(systemError(name, buffer.getError()), name);
  return compileBuffer({(*buffer)->getBuffer(), name}, options, outputPath);
}

std::string moat::importSymbol(std::string_view module,
                               std::string_view field) {
  return importSymbol(StringRef(module), StringRef(field));
}

std::string moat::exportSymbol(std::string_view name) {
  return exportSymbol(StringRef(name));
}
