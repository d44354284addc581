// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.

#include "Bench.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace moat;

namespace {

/// A row of Engines.def.
struct Engine {
  StringRef name, compiler, compile, program, run, folder, variable;
};

constexpr Engine engines[] = {
#define ENGINE(name, compiler, compile, program, run, folder, variable)        \
  {name, compiler, compile, program, run, folder, variable},
#include "Engines.def"
};

/// What does nothing at all: `(module (memory (export "memory") 1)
/// (func (export "_start")))`. Its runs are an engine's start-up.
constexpr uint8_t emptyProgram[] = {
    0,   'a', 's', 'm', 1,   0,   0,   0, 1, 4, 1,   0x60, 0,
    0,   3,   2,   1,   0,   5,   3,   1, 0, 1, 7,   0x13, 2,
    6,   'm', 'e', 'm', 'o', 'r', 'y', 2, 0, 6, '_', 's',  't',
    'a', 'r', 't', 0,   0,   10,  4,   1, 2, 0, 11};

using Words = std::vector<std::string>;

/// One run.
struct Measured {
  double wallSeconds = 0;
  double cpuSeconds =
      0;            ///< of all threads and child processes, system included
  int exitCode = 0; ///< 128 and the number of a signal
};

/// What is compared: a program of moat's, or an engine with the module.
struct Candidate {
  std::string name;
  /// argv[0]; empty: the command's first word. Programs of moat's are called as
  /// engines call the module, since some print it.
  std::string calledBy;
  Words command,
      startCommand; ///< empty: it cannot be run, and `failure` says why
  std::string failure;
  double compileSeconds = 0;
  std::vector<Measured> runs, starts;
};

class Bench {
public:
  Bench(const BenchRequest &request, raw_ostream &os)
      : request(request), os(os) {}
  std::optional<CompileError> run();

private:
  std::optional<CompileError> makeFolder();
  std::optional<CompileError> compilePrograms();
  void findEngines();
  void addEngine(const Engine &engine);
  std::optional<CompileError> measure();
  Measured execute(const Words &command, const std::string &output,
                   const std::string &calledBy = "") const;
  void compareOutput(Candidate &candidate);
  void print() const;

  std::string file(const Twine &name) const {
    return (folder + "/" + name).str();
  }

  const BenchRequest &request;
  raw_ostream &os;
  std::string folder;
  int processor = -1; ///< what runs are kept on; -1: any
  std::vector<Candidate> candidates;
  std::string missing; ///< engines that are not installed
};

} // namespace

static double secondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

static CompileError systemError(const Twine &what) {
  return {CompileError::System, (what + ": " + strerror(errno)).str()};
}

// Running.

/// The last of the processors that this process may use; -1: cannot be told.
static int lastProcessor() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return -1;
  for (int i = CPU_SETSIZE; i-- > 0;)
    if (CPU_ISSET(i, &set))
      return i;
  return -1;
}

/// Runs \p command with its output in the file \p output, and waits. Its input
/// is the file that was asked for, or nothing.
Measured Bench::execute(const Words &command, const std::string &output,
                        const std::string &calledBy) const {
  std::vector<char *> argv;
  for (const std::string &word : command)
    argv.push_back(const_cast<char *>(word.c_str()));
  argv.push_back(nullptr);
  if (!calledBy.empty())
    argv[0] = const_cast<char *>(calledBy.c_str());
  const StreamOption &input = request.capabilities.streams[0];
  const char *inputPath =
      input.kind == StreamOption::File ? input.hostPath.c_str() : "/dev/null";
  cpu_set_t set;
  CPU_ZERO(&set);
  if (processor >= 0)
    CPU_SET(processor, &set);

  auto begin = std::chrono::steady_clock::now();
  pid_t child = fork();
  if (child == 0) {
    if (processor >= 0)
      sched_setaffinity(0, sizeof(set), &set);
    int in = open(inputPath, O_RDONLY);
    int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int err = open("/dev/null", O_WRONLY);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execv(command[0].c_str(), argv.data());
    _exit(127);
  }
  Measured result;
  int status = 0;
  rusage usage = {};
  if (child < 0 || wait4(child, &status, 0, &usage) != child)
    return {0, 0, 127};
  result.wallSeconds = secondsSince(begin);
  auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / 1e6;
  };
  result.cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  result.exitCode =
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

// Preparing.

std::optional<CompileError> Bench::makeFolder() {
  llvm::SmallString<64> path;
  if (std::error_code code =
          llvm::sys::fs::createUniqueDirectory("moat-bench", path))
    return CompileError{CompileError::System, code.message()};
  folder = path.str().str();
  return std::nullopt;
}

std::optional<CompileError> Bench::compilePrograms() {
  struct Choice {
    const char *name;
    Level level;
    const char *cpu;
  };
  for (Choice choice :
       {Choice{"moat -O2", Level::O2, ""}, Choice{"moat -O3", Level::O3, ""},
        Choice{"moat -O3 --mcpu=native", Level::O3, "native"}}) {
    Candidate candidate;
    candidate.name = choice.name;
    std::string program = file("program-" + Twine(candidates.size()));
    auto begin = std::chrono::steady_clock::now();
    if (auto error = request.compile(request.module, choice.level, choice.cpu,
                                     EmitKind::Executable, program))
      return error;
    candidate.compileSeconds = secondsSince(begin);
    std::string empty = file("empty-" + Twine(candidates.size()));
    if (auto error = request.compile(emptyProgram, choice.level, choice.cpu,
                                     EmitKind::Executable, empty))
      return error;
    candidate.calledBy = file("module.wasm");
    candidate.command = {program};
    candidate.command.insert(candidate.command.end(),
                             request.programArguments.begin(),
                             request.programArguments.end());
    candidate.startCommand = {empty};
    candidates.push_back(std::move(candidate));
  }
  // Now: the module is valid, and the binary form is for the others.

  for (auto [bytes, name] :
       {std::pair(request.module, "module.wasm"),
        std::pair(ArrayRef<uint8_t>(emptyProgram), "empty.wasm")})
    if (auto error =
            request.compile(bytes, Level::O2, "", EmitKind::Wasm, file(name)))
      return error;
  return std::nullopt;
}

using Values = std::initializer_list<std::pair<StringRef, std::string>>;

/// Replaces every `{name}` of \p word.
static std::string filled(StringRef word, Values values) {
  std::string result = word.str();
  for (const auto &[name, value] : values) {
    std::string placeholder = ("{" + name + "}").str();
    for (size_t at; (at = result.find(placeholder)) != std::string::npos;)
      return filled(result.substr(0, at), values) + value +
             filled(StringRef(result).substr(at + placeholder.size()), values);
  }
  return result;
}

/// The words of \p text behind \p program.
static Words commandOf(const std::string &program, StringRef text,
                       Values values, const Words &options,
                       const Words &arguments) {
  Words result = {program};
  SmallVector<StringRef> words;
  text.split(words, ' ', -1, /*KeepEmpty=*/false);
  for (StringRef word : words) {
    if (word == "{options}")
      result.insert(result.end(), options.begin(), options.end());
    else if (word == "{args}")
      result.insert(result.end(), arguments.begin(), arguments.end());
    else
      result.push_back(filled(word, values));
  }
  return result;
}

void Bench::addEngine(const Engine &engine) {
  Candidate candidate;
  candidate.name = engine.name.str();
  Words options;
  for (const PreopenOption &preopen : request.capabilities.preopens)
    options.push_back(filled(engine.folder, {{"host", preopen.hostPath},
                                             {"guest", preopen.guestPath}}));
  for (std::string variable : request.capabilities.environment) {
    // Without a value: taken from the environment, as for moat's program.
    if (!StringRef(variable).contains('=')) {
      const char *value = getenv(variable.c_str());
      if (!value)
        continue;
      variable += std::string("=") + value;
    }
    options.push_back(filled(engine.variable, {{"variable", variable}}));
  }
  if (llvm::is_contained(options, ""))
    candidate.failure = "takes no folders or variables";

  auto find = [](StringRef program) {
    auto path = llvm::sys::findProgramByName(program);
    return path ? *path : std::string();
  };
  auto make = [&](const std::string &module, Words options,
                  const Words &arguments) {
    std::string code = module + "-" + std::to_string(candidates.size());
    if (!engine.compiler.empty() && candidate.failure.empty()) {
      Measured compiled =
          execute(commandOf(find(engine.compiler), engine.compile,
                            {{"module", module}, {"code", code}}, {}, {}),
                  file("output"));
      candidate.compileSeconds = compiled.wallSeconds;
      if (compiled.exitCode)
        candidate.failure =
            "cannot compile it: exit code " + std::to_string(compiled.exitCode);
    }
    return commandOf(
        find(engine.program), engine.run,
        {{"module", module}, {"code", code}, {"script", request.nodeScript}},
        options, arguments);
  };
  candidate.startCommand = make(file("empty.wasm"), {}, {});
  candidate.command =
      make(file("module.wasm"), options, request.guestArguments);
  candidates.push_back(std::move(candidate));
}

void Bench::findEngines() {
  for (const Engine &engine : engines) {
    bool isFound = true;
    for (StringRef program : {engine.compiler, engine.program})
      isFound &= program.empty() || !!llvm::sys::findProgramByName(program);
    if (isFound)
      addEngine(engine);
    else
      missing += ((missing.empty() ? "" : ", ") + engine.name).str();
  }
}

// Measuring.

/// The file that moat's first program wrote is what the others must write.
void Bench::compareOutput(Candidate &candidate) {
  auto wanted = llvm::MemoryBuffer::getFile(file("output-0"));
  auto written = llvm::MemoryBuffer::getFile(file("output"));
  if (wanted && written && (*wanted)->getBuffer() != (*written)->getBuffer())
    candidate.failure = "printed something else";
}

std::optional<CompileError> Bench::measure() {
  for (unsigned round = 0; round < request.rounds; ++round)
    for (Candidate &candidate : candidates) {
      if (!candidate.failure.empty())
        continue;
      bool isFirst = &candidate == &candidates.front() && round == 0;
      Measured run =
          execute(candidate.command, file(isFirst ? "output-0" : "output"),
                  candidate.calledBy);
      if (isFirst && run.exitCode == 127 && run.cpuSeconds == 0)
        return systemError(candidate.command[0]);
      candidate.runs.push_back(run);
      int wanted = candidates.front().runs.front().exitCode;
      if (run.exitCode != wanted)
        candidate.failure = "ended with exit code " +
                            std::to_string(run.exitCode) + ", not " +
                            std::to_string(wanted);
      else if (!isFirst)
        compareOutput(candidate);
    }
  // Start-up is short, so there can be more of it.
  for (unsigned round = 0; round < 4 * request.rounds; ++round)
    for (Candidate &candidate : candidates)
      if (candidate.failure.empty())
        candidate.starts.push_back(
            execute(candidate.startCommand, file("output")));
  return std::nullopt;
}

// Reporting.

/// The share \p rank, from 0 to 1, of the sorted times.
static double quantile(const std::vector<Measured> &runs,
                       double Measured::*time, double rank) {
  std::vector<double> times;
  for (const Measured &run : runs)
    times.push_back(run.*time);
  llvm::sort(times);
  double at = rank * static_cast<double>(times.size() - 1);
  auto below = static_cast<size_t>(at);
  double above = times[std::min(below + 1, times.size() - 1)];
  return times[below] +
         (above - times[below]) * (at - static_cast<double>(below));
}

void Bench::print() const {
  os << request.inputName << ": medians of " << request.rounds
     << " runs each, which took turns";
  if (processor >= 0)
    os << " on processor " << processor;
  os << "\n\n"
     << "                            CPU  spread   ratio    wall time  start-up"
        "   compiled in\n";
  double base = quantile(candidates.front().runs, &Measured::cpuSeconds, 0.5);
  for (const Candidate &candidate : candidates) {
    os << llvm::left_justify(candidate.name, 23);
    if (!candidate.failure.empty()) {
      os << "  " << candidate.failure << "\n";
      continue;
    }
    auto cpu = [&](double rank) {
      return quantile(candidate.runs, &Measured::cpuSeconds, rank);
    };
    double median = std::max(cpu(0.5), 1e-6);
    os << llvm::format(" %7.3f s %5.0f %% %6.2f %10.3f s %6.1f ms", median,
                       (cpu(0.75) - cpu(0.25)) / 2 / median * 100,
                       median / std::max(base, 1e-6),
                       quantile(candidate.runs, &Measured::wallSeconds, 0.5),
                       quantile(candidate.starts, &Measured::wallSeconds, 0.5) *
                           1e3);
    if (candidate.compileSeconds > 0)
      os << llvm::format("   %8.2f s", candidate.compileSeconds);
    os << "\n";
  }
  os << "\nratio: of CPU time, start to end, to the first row; start-up: a "
        "module that does nothing\n";
  if (int code = candidates.front().runs.front().exitCode)
    os << "the program ends with exit code " << code << "\n";
  if (!missing.empty())
    os << "not installed here: " << missing << "\n";
}

std::optional<CompileError> Bench::run() {
  if (auto error = makeFolder())
    return error;
  llvm::scope_exit remove([&] { llvm::sys::fs::remove_directories(folder); });
  processor = lastProcessor();
  if (auto error = compilePrograms())
    return error;
  findEngines();
  if (auto error = measure())
    return error;
  print();
  return std::nullopt;
}

std::optional<CompileError> moat::bench(const BenchRequest &request,
                                        raw_ostream &os) {
  return Bench(request, os).run();
}
