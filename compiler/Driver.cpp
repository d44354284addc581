// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Reads the options (Options.td), finds out which input is the module, and
// compiles it, or for `moat run` compiles it into the cache and becomes the
// result.
//
// This file is part of the small program; the phases are loaded when they are
// needed (Library.h).

#include "Driver.h"
#include "Bench.h"
#include "Cache.h"
#include "Diagnostics.h"
#include "HostCpu.h"
#include "LibraryName.h"
#include "Loader.h"
#include "Manifest.h"
#include "ManifestFile.h"
#include "Wasm/Features.h"
#include "moat/abi/Layout.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace moat;
using llvm::errs;
using llvm::outs;

// The options.

namespace {

enum OptionId {
  OPT_INVALID = 0,
#define OPTION(...) LLVM_MAKE_OPT_ID(__VA_ARGS__),
#include "Options.inc"
#undef OPTION
};

#define OPTTABLE_STR_TABLE_CODE
#include "Options.inc"
#undef OPTTABLE_STR_TABLE_CODE

#define OPTTABLE_PREFIXES_TABLE_CODE
#include "Options.inc"
#undef OPTTABLE_PREFIXES_TABLE_CODE

using namespace llvm::opt;
constexpr OptTable::Info optionInfos[] = {
#define OPTION(...) LLVM_CONSTRUCT_OPT_INFO(__VA_ARGS__),
#include "Options.inc"
#undef OPTION
};

class MoatOptTable : public GenericOptTable {
public:
  MoatOptTable()
      : GenericOptTable(OptionStrTable, OptionPrefixesTable, optionInfos) {
    setDashDashParsing(true);
  }
};

/// One command line: what it says, and how it ends.
class Driver {
public:
  int run(ArrayRef<const char *> args);

private:
  int inspect(ArrayRef<const char *> args);
  int compileOnly();
  int compileAndRun(ArrayRef<const char *> guestArgs);
  int compileAndCompare(ArrayRef<const char *> guestArgs);
  int fail(ExitCode code, const Twine &text);
  int fail(const CompileError &error);

  bool readArguments(ArrayRef<const char *> args);
  bool readOptions();
  bool readCapabilities();
  bool readManifestFile();
  bool readDirectories();
  void readVariables();
  bool readStreams();
  bool readLimits();
  bool sortInputs();
  bool readModule();
  std::string defaultOutput() const;
  void nameLibrary(StringRef output);
  std::string cacheKey(StringRef buildIds);
  std::optional<CompileError> compileTo(const std::string &outputPath);
  int execute(int descriptor, ArrayRef<const char *> guestArgs);
  std::vector<std::string>
  runtimeArguments(ArrayRef<const char *> guestArgs) const;
  void printHelp();
  void printVersion();
  void printFeatures();
  void printPhase(const PhaseTime &phase);
  void showProgress(size_t done, size_t total);
  void clearProgress();

  MoatOptTable table;
  ExitCode failure = BadOption; ///< of the last error
  InputArgList args;
  bool isRun = false; ///< or bench: arguments behind `--` are the guest's
  bool isBench = false;
  unsigned rounds = 5;
  CompileOptions options;
  uint64_t cacheLimitBytes = uint64_t(1) << 30;

  std::string modulePath;
  std::unique_ptr<llvm::MemoryBuffer> moduleBytes;

  Installation installation = Installation::find();
  Compiler compiler{installation};
  std::chrono::steady_clock::time_point begin =
      std::chrono::steady_clock::now();
  bool showsProgress = false;
};

} // namespace

int moat::drive(ArrayRef<const char *> args) { return Driver().run(args); }

int Driver::run(ArrayRef<const char *> args) {
  if (!args.empty() && StringRef(args[0]) == "inspect")
    return inspect(args.drop_front());
  isBench = !args.empty() && StringRef(args[0]) == "bench";
  isRun = isBench || (!args.empty() && StringRef(args[0]) == "run");
  ArrayRef<const char *> guestArgs;
  if (isRun) {
    args = args.drop_front();
    // Behind the first `--` everything is the program's.
    auto end = llvm::find_if(
        args, [](const char *arg) { return StringRef(arg) == "--"; });
    size_t ownCount = end - args.begin();
    guestArgs = args.drop_front(std::min(ownCount + 1, args.size()));
    args = args.take_front(ownCount);
  }
  if (!readArguments(args))
    return BadOption;
  if (this->args.hasArg(OPT_help))
    return printHelp(), Success;
  if (this->args.hasArg(OPT_version))
    return printVersion(), Success;
  if (this->args.hasArg(OPT_print_features))
    return printFeatures(), Success;
  if (!readOptions() || !sortInputs() || !readCapabilities())
    return failure;
  // Now: every option has been read, and one input is the module.

  if (!readModule())
    return BadSystem;
  return isBench ? compileAndCompare(guestArgs)
         : isRun ? compileAndRun(guestArgs)
                 : compileOnly();
}

// Messages.

/// Prints every line of \p text as an error; lines that continue another stand
/// as they are.
int Driver::fail(ExitCode code, const Twine &text) {
  failure = code;
  clearProgress();
  SmallVector<StringRef> lines;
  std::string all = text.str();
  StringRef(all).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    errs() << (line.starts_with(">>>") || line.starts_with(" ")
                   ? ""
                   : "moat: error: ")
           << line << "\n";
  return code;
}

int Driver::fail(const CompileError &error) {
  switch (error.kind) {
  case CompileError::Input:
    return fail(BadInput, error.text);
  case CompileError::Option:
    return fail(BadOption, error.text);
  case CompileError::System:
    return fail(BadSystem, error.text);
  }
  llvm_unreachable("a kind of error without an exit code");
}

void Driver::printPhase(const PhaseTime &phase) {
  clearProgress();
  errs() << "moat: " << llvm::left_justify(StringRef(phase.phase), 12)
         << llvm::format("%9.3f s %9.3f s of CPU\n", phase.wallNs / 1e9,
                         phase.cpuNs / 1e9);
}

/// Long compilations say how far they are, on a terminal.
void Driver::showProgress(size_t done, size_t total) {
  using namespace std::chrono_literals;
  if (done == total || std::chrono::steady_clock::now() - begin < 1500ms)
    return;
  showsProgress = true;
  errs() << "\rmoat: compiling " << options.inputName << ": "
         << done * 100 / total << " %";
  errs().flush();
}

void Driver::clearProgress() {
  if (showsProgress)
    errs() << "\r\033[K";
  showsProgress = false;
}

void Driver::printHelp() {
  outs()
      << "moat compiles a WebAssembly module into a native program that can "
         "touch only what it"
         " was given.\n\n"
         "  moat app.wasm -o app             compile to a static executable\n"
         "  moat app.wasm host.o -o app      the same, with imports that "
         "host.o provides\n"
         "  moat run app.wasm --dir=. -- a   compile into the cache, and run "
         "with argument a\n"
         "  moat bench app.wasm -- a         compare its speed with that of "
         "other "
         "engines\n"
         "  moat inspect app                 print what a program may use, or "
         "what a module needs\n"
         "  moat app.wat --emit=llvm -o -    look at a phase's result\n\n"
         "The module is binary or text (.wat); - is standard input.\n\n";
  // LLVM's own printer sorts the groups by their text.
  for (unsigned group :
       {OPT_outputGroup, OPT_codeGroup, OPT_capabilityGroup, OPT_otherGroup}) {
    outs() << table.getOptionHelpText(group) << ":\n";
    for (unsigned id = 1; id <= table.getNumOptions(); ++id) {
      StringRef help = table.getOptionHelpText(id);
      if (table.getOptionGroupID(id) != group || help.empty())
        continue;
      Option option = table.getOption(id);
      StringRef metavar = table.getOptionMetaVar(id);
      std::string spelling = option.getPrefixedName().str();
      if (option.getKind() == Option::JoinedOrSeparateClass && !metavar.empty())
        spelling += " ";
      spelling += metavar;
      outs() << "  " << llvm::left_justify(spelling, 28)
             << (spelling.size() >= 28 ? "\n" + std::string(30, ' ') : "")
             << help << "\n";
    }
    outs() << "\n";
  }
  outs() << "Exit codes: 0 success; 1 the module is malformed, invalid or "
            "cannot be linked;\n"
            "2 the command line; 3 a file cannot be read or written. moat run "
            "ends as the\n"
            "program does (134: a trap).\n";
}

void Driver::printVersion() {
  outs() << "moat " MOAT_VERSION " (LLVM " LLVM_VERSION_STRING ", ABI "
         << abi::version << ")\n";
}

void Driver::printFeatures() {
  auto print = [](Feature feature, StringRef where) {
    outs() << llvm::left_justify(moat::toString(feature), 24)
           << (FeatureSet::built().has(feature) ? "on    " : "later ") << where
           << "\n";
  };
#define FEATURE(name, text, built, where) print(Feature::name, where);
#include "Wasm/Features.def"
}

// Reading the command line.

bool Driver::readArguments(ArrayRef<const char *> arguments) {
  unsigned missingIndex, missingCount;
  args = table.ParseArgs(arguments, missingIndex, missingCount);
  if (missingCount) {
    fail(BadOption,
         Twine(args.getArgString(missingIndex)) + ": a value is missing");
    return false;
  }
  for (const Arg *arg : args.filtered(OPT_UNKNOWN)) {
    std::string spelling = arg->getAsString(args), nearest;
    bool isClose = table.findNearest(spelling, nearest) <= 3;
    fail(BadOption, "unknown option " + spelling +
                        (isClose ? "; did you mean " + nearest + "?" : ""));
    return false;
  }
  return true;
}

/// Looks \p value up in a list of names.
template <typename T>
static bool choose(StringRef value, T &result,
                   std::initializer_list<std::pair<StringRef, T>> choices) {
  for (const auto &[name, choice] : choices)
    if (name == value) {
      result = choice;
      return true;
    }
  return false;
}

bool Driver::readOptions() {
  auto refuse = [&](const Arg *arg, const Twine &wanted) {
    fail(BadOption, arg->getAsString(args) + ": " + wanted);
    return false;
  };
  if (isRun)
    for (const Arg *arg : args)
      if (arg->getOption().matches(OPT_outputGroup) ||
          arg->getOption().matches(OPT_open))
        return refuse(arg, "not an option of moat run or bench");
  if (const Arg *arg = args.getLastArg(OPT_rounds))
    if (StringRef(arg->getValue()).getAsInteger(10, rounds) || rounds == 0 ||
        rounds > 10000)
      return refuse(arg, "a number of runs from 1");
  if (const Arg *arg = args.getLastArg(OPT_O, OPT_mcpu))
    if (isBench)
      return refuse(arg, "moat bench compiles in several ways itself");

  if (const Arg *arg = args.getLastArg(OPT_O))
    if (!choose(arg->getValue(), options.level,
                {{"0", Level::O0},
                 {"1", Level::O1},
                 {"2", Level::O2},
                 {"3", Level::O3},
                 {"s", Level::Os}}))
      return refuse(arg, "the level is 0, 1, 2, 3 or s");
  if (const Arg *arg = args.getLastArg(OPT_emit, OPT_c, OPT_S)) {
    StringRef kind = arg->getOption().matches(OPT_c)   ? "obj"
                     : arg->getOption().matches(OPT_S) ? "asm"
                                                       : arg->getValue();
    if (!choose(kind, options.emit,
                {{"wasm", EmitKind::Wasm},
                 {"llvm", EmitKind::Llvm},
                 {"llvm-opt", EmitKind::LlvmOptimized},
                 {"asm", EmitKind::Asm},
                 {"obj", EmitKind::Object},
                 {"exe", EmitKind::Executable},
                 {"shared", EmitKind::Shared},
                 {"archive", EmitKind::Archive},
                 {"node", EmitKind::Node}}))
      return refuse(arg,
                    "wasm, llvm, llvm-opt, asm, obj, exe, shared, archive or "
                    "node");
  }
  if (const Arg *arg = args.getLastArg(OPT_bounds))
    if (!choose(arg->getValue(), options.bounds,
                {{"guard", Bounds::Guard}, {"checked", Bounds::Checked}}))
      return refuse(arg, "guard or checked");
  if (const Arg *arg = args.getLastArg(OPT_relaxed_simd))
    if (!choose(arg->getValue(), options.relaxedSimd,
                {{"fast", RelaxedSimd::Fast},
                 {"deterministic", RelaxedSimd::Deterministic}}))
      return refuse(arg, "fast or deterministic");
  if (const Arg *arg = args.getLastArg(OPT_provide_bench))
    if (!choose(arg->getValue(), options.benchImports,
                {{"quiet", BenchImports::Quiet}, {"time", BenchImports::Time}}))
      return refuse(arg, "quiet or time");
  options.jobs = 0;
  if (const Arg *arg = args.getLastArg(OPT_j))
    if (StringRef(arg->getValue()).getAsInteger(10, options.jobs) ||
        options.jobs == 0 || options.jobs > 4096)
      return refuse(arg, "a number of threads from 1");
  if (const Arg *arg = args.getLastArg(OPT_cache_size)) {
    Expected<uint64_t> size = parseSizeBytes(arg->getValue());
    if (!size)
      return refuse(arg, toString(size.takeError()));
    cacheLimitBytes = *size;
  }

  options.invoke = args.getLastArgValue(OPT_invoke).str();
  options.strictTraps = args.hasArg(OPT_strict_traps);
  options.strictFloat = args.hasArg(OPT_strict_float);
  options.exportAll = args.hasArg(OPT_export_all);
  options.strip = args.hasArg(OPT_s);
  options.target = args.getLastArgValue(OPT_target).str();
  options.cpu = args.getLastArgValue(OPT_mcpu).str();
  options.cpuFeatures = llvm::join(args.getAllArgValues(OPT_mattr), ",");
  for (StringRef list : args.getAllArgValues(OPT_feature)) {
    SmallVector<StringRef> names;
    list.split(names, ',', -1, /*KeepEmpty=*/false);
    options.features.insert(options.features.end(), names.begin(), names.end());
  }
  options.resourceDir = args.hasArg(OPT_resource_dir)
                            ? args.getLastArgValue(OPT_resource_dir).str()
                            : installation.libraryDir;
  // Resolved here, since the cache's key says which processor it is. In a list
  // the compiler does it (see cacheKey).
  resolveNativeCpu(options.cpu, options.cpuFeatures);

  if (args.hasArg(OPT_v))
    options.phaseDone = [this](const PhaseTime &phase) { printPhase(phase); };
  if (isatty(STDERR_FILENO))
    options.progress = [this](size_t done, size_t total) {
      showProgress(done, total);
    };
  return true;
}

/// Which option sets a limit.
static constexpr OptionId limitOptions[] = {
#define LIMIT(name, id, option, unit, text) OPT_##id,
#include "moat/abi/Limits.def"
};

bool Driver::readLimits() {
  for (size_t i = 0; i < abi::limitCount; ++i) {
    const Arg *arg = args.getLastArg(limitOptions[i]);
    if (!arg)
      continue;
    const abi::LimitRow &row = abi::limitRows[i];
    Expected<uint64_t> value = parseLimit(row, arg->getValue());
    if (!value)
      return fail(BadOption, Twine("--") + row.option + ": " +
                                 toString(value.takeError())),
             false;
    options.capabilities.limits[i] = *value;
  }
  return true;
}

bool Driver::readStreams() {
  constexpr OptionId streamOptions[] = {OPT_stdin, OPT_stdout, OPT_stderr};
  for (auto [index, option] : llvm::enumerate(streamOptions)) {
    const Arg *arg = args.getLastArg(option);
    if (!arg)
      continue;
    Expected<StreamOption> stream =
        parseStream(arg->getValue(), /*isInput=*/index == 0);
    if (!stream)
      return fail(BadOption, table.getOptionPrefixedName(option).drop_back() +
                                 ": " + toString(stream.takeError())),
             false;
    options.capabilities.streams[index] = std::move(*stream);
  }
  return true;
}

/// The file comes first; then directories and variables replace those of the
/// same name, arguments are added, and everything else replaces what the file
/// says.
bool Driver::readManifestFile() {
  const Arg *arg = args.getLastArg(OPT_manifest);
  if (!arg)
    return true;
  std::string path = arg->getValue();
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return fail(BadSystem, path + ": " + buffer.getError().message()), false;
  Expected<Capabilities> capabilities =
      parseManifestFile((*buffer)->getBuffer());
  if (!capabilities)
    return fail(BadOption, path + ": " + toString(capabilities.takeError())),
           false;
  options.capabilities = std::move(*capabilities);
  return true;
}

bool Driver::readDirectories() {
  std::vector<PreopenOption> &preopens = options.capabilities.preopens;
  size_t fileCount = preopens.size();
  for (const Arg *arg : args.filtered(OPT_dir)) {
    Expected<PreopenOption> preopen = parsePreopen(arg->getValue());
    if (!preopen)
      return fail(BadOption, "--dir: " + toString(preopen.takeError())), false;
    auto end = preopens.begin() + fileCount;
    auto same =
        std::find_if(preopens.begin(), end, [&](const PreopenOption &other) {
          return other.guestPath == preopen->guestPath;
        });
    if (same != end)
      *same = std::move(*preopen);
    else
      preopens.push_back(std::move(*preopen));
  }
  for (const PreopenOption &preopen : preopens)
    if (isRun && preopen.base == PathBase::Executable)
      return fail(BadOption, "exe:" + preopen.hostPath +
                                 ": moat run has no program in a folder"),
             false;
  return true;
}

void Driver::readVariables() {
  std::vector<std::string> &variables = options.capabilities.environment;
  for (const std::string &variable : args.getAllArgValues(OPT_env)) {
    StringRef name = StringRef(variable).split('=').first;
    auto same = llvm::find_if(variables, [&](StringRef other) {
      return other.split('=').first == name;
    });
    if (same != variables.end())
      *same = variable;
    else
      variables.push_back(variable);
  }
}

bool Driver::readCapabilities() {
  Capabilities &capabilities = options.capabilities;
  if (!readManifestFile() || !readDirectories() || !readStreams() ||
      !readLimits())
    return false;
  readVariables();
  llvm::append_range(capabilities.arguments, args.getAllArgValues(OPT_arg));
  llvm::append_range(capabilities.sockets, args.getAllArgValues(OPT_listen));
  // Lists are changes, from the left to the right.
  for (StringRef list : args.getAllArgValues(OPT_harden)) {
    uint32_t layers =
        capabilities.hardenLayers.value_or(defaultHardenLayers(options));
    if (Error error = parseHardenLayers(list, layers))
      return fail(BadOption, "--harden: " + toString(std::move(error))), false;
    capabilities.hardenLayers = layers;
  }
  capabilities.filtersTerminal |= args.hasArg(OPT_filter_terminal);
  capabilities.requiresHardening |= args.hasArg(OPT_require_hardening);
  if (Error error = checkCapabilities(capabilities))
    return fail(BadOption, toString(std::move(error))), false;
  capabilities.isOpen |= args.hasArg(OPT_open);
  bool bakes = options.emit == EmitKind::Executable ||
               options.emit == EmitKind::Object || isRun;
  if (!bakes)
    for (const Arg *arg : args)
      if (arg->getOption().matches(OPT_capabilityGroup))
        return fail(BadOption,
                    arg->getAsString(args) +
                        ": only a program or an object can hold capabilities"),
               false;
  return true;
}

/// Objects and archives begin with these bytes; everything else is a module.
static bool isLinkerInput(const std::string &path) {
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(path, status) ||
      !llvm::sys::fs::is_regular_file(status))
    return false;
  auto head = llvm::MemoryBuffer::getFileSlice(path, 8, 0);
  return head && ((*head)->getBuffer().starts_with("\x7f"
                                                   "ELF") ||
                  (*head)->getBuffer().starts_with("!<arch>"));
}

bool Driver::sortInputs() {
  std::vector<std::string> modules;
  for (const Arg *arg : args.filtered(OPT_INPUT)) {
    std::string path = arg->getValue();
    if (path != "-" && isLinkerInput(path))
      options.extraInputs.push_back(path);
    else
      modules.push_back(path);
  }
  if (modules.empty())
    return fail(BadOption,
                "no module to compile (moat --help shows how it is done)"),
           false;
  if (modules.size() > 1) {
    fail(BadOption,
         isRun ? "unexpected argument '" + modules[1] +
                     "': arguments of the program follow --"
               : "more than one module: " + modules[0] + " and " + modules[1]);
    return false;
  }
  modulePath = modules[0];
  options.inputName = modulePath == "-" ? "<stdin>" : modulePath;
  return true;
}

bool Driver::readModule() {
  auto buffer =
      llvm::MemoryBuffer::getFileOrSTDIN(modulePath, /*IsText=*/false,
                                         /*RequiresNullTerminator=*/false);
  if (!buffer) {
    fail(BadSystem, options.inputName + ": " + buffer.getError().message());
    return false;
  }
  moduleBytes = std::move(*buffer);
  return true;
}

// Compiling.

std::optional<CompileError> Driver::compileTo(const std::string &outputPath) {
  StringRef bytes = moduleBytes->getBuffer();
  std::optional<CompileError> error =
      compiler.compile(llvm::arrayRefFromStringRef(bytes), options, outputPath);
  clearProgress();
  if (options.phaseDone) {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    errs() << llvm::format("moat: peak of memory %.1f MB\n",
                           usage.ru_maxrss / 1024.0);
  }
  return error;
}

/// In the current folder, as compilers do: `dir/app.wasm` becomes `app`.
std::string Driver::defaultOutput() const {
  if (modulePath == "-")
    return options.emit == EmitKind::Executable ? "a.out" : "-";
  StringRef extension = "";
  switch (options.emit) {
  case EmitKind::Wasm:
    extension = ".wasm";
    break;
  case EmitKind::Llvm:
  case EmitKind::LlvmOptimized:
    extension = ".ll";
    break;
  case EmitKind::Asm:
    extension = ".s";
    break;
  case EmitKind::Object:
    extension = ".o";
    break;
  case EmitKind::Executable:
    break;
  case EmitKind::Shared:
    extension = ".so";
    break;
  case EmitKind::Archive:
    extension = ".a";
    break;
  case EmitKind::Node:
    extension = ".node";
    break;
  }
  return (llvm::sys::path::stem(modulePath) + extension).str();
}

int Driver::compileOnly() {
  std::string output = args.getLastArgValue(OPT_o).str();
  if (output.empty())
    output = defaultOutput();
  if (output != "-" && llvm::sys::fs::equivalent(output, modulePath))
    return fail(BadOption,
                output + " is the module itself; -o names another file");
  nameLibrary(output);
  if (std::optional<CompileError> error = compileTo(output))
    return fail(*error);
  return Success;
}

/// A library has a name in C, and a header beside it.
void Driver::nameLibrary(StringRef output) {
  if (options.emit != EmitKind::Shared && options.emit != EmitKind::Archive)
    return;
  options.libraryName = args.hasArg(OPT_name)
                            ? args.getLastArgValue(OPT_name).str()
                            : libraryNameOf(output);
  llvm::SmallString<128> header(output);
  llvm::sys::path::remove_filename(header);
  llvm::sys::path::append(header, options.libraryName + ".h");
  options.headerPath = args.hasArg(OPT_header)
                           ? args.getLastArgValue(OPT_header).str()
                           : std::string(header);
}

// moat inspect.

int Driver::inspect(ArrayRef<const char *> arguments) {
  if (!readArguments(arguments))
    return BadOption;
  for (const Arg *arg : args)
    if (!arg->getOption().matches(OPT_INPUT) &&
        !arg->getOption().matches(OPT_json) &&
        !arg->getOption().matches(OPT_licences) &&
        !arg->getOption().matches(OPT_help))
      return fail(BadOption,
                  arg->getAsString(args) + ": not an option of moat inspect");
  if (args.hasArg(OPT_help))
    return printHelp(), Success;
  std::vector<std::string> files = args.getAllArgValues(OPT_INPUT);
  if (files.size() != 1)
    return fail(BadOption, "moat inspect wants one file");
  modulePath = files[0];
  options.inputName = modulePath == "-" ? "<stdin>" : modulePath;
  if (!readModule())
    return BadSystem;
  InspectAs form = args.hasArg(OPT_licences) ? InspectAs::Licences
                   : args.hasArg(OPT_json)   ? InspectAs::Json
                                             : InspectAs::Text;
  std::string output;
  if (std::optional<CompileError> error = compiler.inspect(
          llvm::arrayRefFromStringRef(moduleBytes->getBuffer()),
          options.inputName, form, output))
    return fail(*error);
  outs() << output;
  return Success;
}

// moat run.

/// Everything that decides the executable's bytes. Nothing of it is a
/// capability: those are given to the program when it starts.
std::string Driver::cacheKey(StringRef buildIds) {
  CacheKey key;
  key.add("moat run, layout 1");
  key.add(buildIds);
  std::string runtime = options.resourceDir + "/x86_64-linux-musl/";
  for (const char *file :
       {"libmoat.a", "libc.a", "crt1.o", "crti.o", "crtn.o", "licences.o"}) {
    auto contents = llvm::MemoryBuffer::getFile(runtime + file, false, false);
    key.add(contents ? (*contents)->getBuffer() : "missing");
  }
  for (unsigned value :
       {unsigned(options.level), unsigned(options.bounds),
        unsigned(options.relaxedSimd), unsigned(options.strictTraps),
        unsigned(options.strictFloat), unsigned(options.benchImports)})
    key.add(std::to_string(value));
  key.add(options.invoke);
  key.add(options.target);
  key.add(options.cpu);
  key.add(options.cpuFeatures);
  std::string first = options.cpu, firstFeatures = options.cpuFeatures;
  for (const NamedCpu &cpu : takeBetterCpus(first, options.cpuFeatures)) {
    key.add(cpu.cpu);
    key.add(cpu.features);
  }
  resolveNativeCpu(first, firstFeatures);
  key.add(first);
  key.add(firstFeatures);
  key.add(llvm::join(options.features, ","));
  for (const std::string &input : options.extraInputs) {
    auto contents = llvm::MemoryBuffer::getFile(input, false, false);
    key.add(contents ? (*contents)->getBuffer() : "missing");
  }
  key.add(moduleBytes->getBuffer());
  return key.finish();
}

int Driver::compileAndRun(ArrayRef<const char *> guestArgs) {
  std::optional<std::string> buildIds = readBuildIds(installation);
  std::optional<Cache> cache;
  if (buildIds && cacheLimitBytes) {
    Expected<Cache> opened = Cache::open(cacheLimitBytes);
    if (opened)
      cache.emplace(std::move(*opened));
    else
      errs() << "moat: warning: " << toString(opened.takeError())
             << "; not used\n";
  }
  std::string key = cache ? cacheKey(*buildIds) : "";
  if (cache)
    if (std::optional<int> descriptor = cache->find(key))
      return execute(*descriptor, guestArgs);
  // Now: the program must be compiled. Its capabilities stay out of it.

  Capabilities capabilities = std::move(options.capabilities);
  options.capabilities = {};
  std::string output;
  if (cache) {
    output = cache->entryPath(key);
  } else {
    SmallVector<char> path;
    llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, path);
    output =
        (StringRef(path.data(), path.size()) + "/moat-run-" + Twine(getpid()))
            .str();
  }
  std::optional<CompileError> error = compileTo(output);
  options.capabilities = std::move(capabilities);
  if (error)
    return fail(*error);

  int descriptor = open(output.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0)
    return fail(BadSystem, output + ": " + strerror(errno));
  fchmod(descriptor, 0700);
  if (!cache || !compiler.isLoadedLlvm(*buildIds))
    unlink(
        output
            .c_str()); // another LLVM than the key says, or nowhere to keep it
  else
    cache->evict(key);
  return execute(descriptor, guestArgs);
}

/// A path of the host as options of a started program have it.
static std::string basedPath(PathBase base, const std::string &path) {
  return (base == PathBase::Executable ? "exe:" : "cwd:") + path;
}

/// The program's arguments behind argv[0]: capabilities, then the guest's.
std::vector<std::string>
Driver::runtimeArguments(ArrayRef<const char *> guestArgs) const {
  std::vector<std::string> result;
  const Capabilities &capabilities = options.capabilities;
  for (const PreopenOption &preopen : capabilities.preopens)
    result.push_back("--wasi-dir=" + basedPath(preopen.base, preopen.hostPath) +
                     "::" + preopen.guestPath +
                     (preopen.isReadOnly ? ":ro" : ""));
  for (const std::string &address : capabilities.sockets)
    result.push_back("--wasi-listen=" + address);
  for (const std::string &variable : capabilities.environment) {
    // Without a value: taken from the environment, now that the program starts.
    if (StringRef(variable).contains('='))
      result.push_back("--wasi-env=" + variable);
    else if (const char *value = getenv(variable.c_str()))
      result.push_back("--wasi-env=" + variable + "=" + value);
  }
  constexpr const char *streamNames[] = {"stdin", "stdout", "stderr"};
  for (auto [stream, name] : llvm::zip(capabilities.streams, streamNames))
    if (stream.kind != StreamOption::Inherit)
      result.push_back(std::string("--wasi-") + name + "=" +
                       (stream.kind == StreamOption::Null
                            ? "null"
                            : (stream.isAppend ? "append:" : "") +
                                  basedPath(stream.base, stream.hostPath)));
  for (auto [limit, row] : llvm::zip(capabilities.limits, abi::limitRows))
    if (limit)
      result.push_back(std::string("--wasi-") + row.option + "=" +
                       formatLimit(row, *limit));
  if (capabilities.filtersTerminal)
    result.push_back("--wasi-filter-terminal");
  if (capabilities.hardenLayers) {
    std::string list = "none";
#define LAYER(name, spelling, text)                                            \
  if (*capabilities.hardenLayers & abi::Harden##name)                          \
    list += ",+" spelling;
#include "moat/abi/Hardening.def"
    result.push_back("--wasi-harden=" + list);
  }
  if (capabilities.requiresHardening)
    result.push_back("--wasi-require-hardening");
  std::vector<std::string> arguments = capabilities.arguments;
  arguments.insert(arguments.end(), guestArgs.begin(), guestArgs.end());
  // A guest's argument that looks like the runtime's option must not become
  // one: `--` ends the runtime's options, but only behind at least one of them.
  if (result.empty() && !arguments.empty() &&
      StringRef(arguments[0]).starts_with("--wasi-"))
    result.push_back("--wasi-stack-size=" + std::to_string(8 << 20));
  if (!result.empty())
    result.push_back("--");
  result.insert(result.end(), arguments.begin(), arguments.end());
  return result;
}

// moat bench.

int Driver::compileAndCompare(ArrayRef<const char *> guestArgs) {
  BenchRequest request;
  request.inputName = options.inputName;
  request.module = llvm::arrayRefFromStringRef(moduleBytes->getBuffer());
  request.programArguments = runtimeArguments(guestArgs);
  request.capabilities = std::move(options.capabilities);
  options.capabilities = {};
  request.guestArguments = request.capabilities.arguments;
  request.guestArguments.insert(request.guestArguments.end(), guestArgs.begin(),
                                guestArgs.end());
  request.nodeScript = installation.libraryDir + "/bench/node.mjs";
  request.rounds = rounds;
  request.compile = [&](ArrayRef<uint8_t> module, Level level, StringRef cpu,
                        EmitKind emit, const std::string &output) {
    CompileOptions own = options;
    own.level = level;
    own.cpu = cpu.str();
    own.emit = emit;
    if (emit != EmitKind::Executable) // engines have imports of their own
      own.benchImports = BenchImports::Missing;
    resolveNativeCpu(own.cpu, own.cpuFeatures);
    auto error = compiler.compile(module, own, output);
    clearProgress();
    return error;
  };
  if (std::optional<CompileError> error = bench(request, outs()))
    return fail(*error);
  return Success;
}

/// Becomes the program; returns only if that fails.
int Driver::execute(int descriptor, ArrayRef<const char *> guestArgs) {
  std::vector<std::string> arguments = runtimeArguments(guestArgs);
  std::vector<char *> argv = {const_cast<char *>(modulePath.c_str())};
  for (std::string &argument : arguments)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  outs().flush();
  fexecve(descriptor, argv.data(), environ);
  return fail(BadSystem, "cannot start the program: " + Twine(strerror(errno)));
}
