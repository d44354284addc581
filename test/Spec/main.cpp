// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// moat-spec: runs the scripts of the specification's test suite, in the JSON form that
// wast2json writes, against the compiler and the runtime, in either code model and at any
// level. Each script runs in a process of its own, several side by side; what they report
// is counted by group and kind of command.
//
//     moat-spec --suite FOLDER [--group NAME]... [--script NAME]...   the suite's scripts
//     moat-spec script.json...                                        scripts of one's own
//
// Exit code: 0 if every command passed but the known failures, which all failed and are
// listed with their reasons (--known-failures); 1 if not; 2 for a wrong command line.

#include "Model.h"

#include "Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace moat;
using namespace moat::spec;

namespace {

struct CommandLine {
  std::string suite;
  std::vector<std::string> groups, scripts, files;
  RunOptions run; ///< but for the model and the level
  std::vector<Model> models;
  std::vector<char> levels;
  unsigned jobs = 2;
  std::string knownFailures;
  std::string recordedMinimum;
  bool showsTimes = false;
  bool showsSkipped = false;
  bool showsHelp = false;
};

/// A line of the file of known failures: `core/float_exprs:123 [-O2] [process] reason`.
/// Without a bracketed word it is known at every level and in both models; `[default]` is
/// a run without --strict-traps and --strict-float.
struct KnownFailure {
  std::string reason;
  bool isSeen = false;
};

/// The scripts of this run, and those that wait for features, by the features.
struct Selection {
  struct Waiting {
    unsigned scripts = 0, commands = 0;
  };
  std::vector<Script> scripts;
  std::map<std::string, Waiting> waiting;
};

struct Job {
  explicit Job(const Script &script)
      : script(script), outcomes(script.commands.size()), reader(outcomes) {}

  const Script &script;
  std::vector<Outcome> outcomes;
  OutcomeReader reader;
  pid_t process = 0;
  int pipe = -1;
  std::chrono::steady_clock::time_point begin;
  double seconds = 0;
};

using Counts = std::array<unsigned, 5>; ///< by Status

struct Totals {
  unsigned passed = 0, failed = 0, known = 0;
};

/// Runs the selected scripts in one model and at one level.
class Runner {
public:
  Runner(const CommandLine &line, const RunOptions &run, const Selection &selection)
      : line(line), run(run), selection(selection) {}
  Error runAll();
  Totals totals;
  bool isFine = true;

private:
  Error readKnownFailures();
  void runJobs();
  void start(Job &job);
  void finish(Job &job);
  void judge(const Job &job);
  void printTables();
  void printSkipped();
  void printKnownFailures();
  Error checkRecordedMinimum();
  StringRef modelName() const {
    return run.model == Model::Instance ? "instance" : "process";
  }

  const CommandLine &line;
  const RunOptions &run;
  const Selection &selection;
  std::vector<std::unique_ptr<Job>> jobs;
  std::map<std::string, KnownFailure> knownFailures;
  std::map<std::string, unsigned> skipReasons;
  std::map<std::string, std::map<CommandKind, Counts>> counts;
};

} // namespace

bool moat::spec::hasFeature(const FeatureSet &features, StringRef name) {
  if (name == "exceptions-legacy")
    return features.has(Feature::LegacyExceptions);
#define FEATURE(feature, text, built, where)                                           \
  if (name == text)                                                                    \
    return features.has(Feature::feature);
#include "Wasm/Features.def"
  return false;
}

static bool isWanted(const std::vector<std::string> &wanted, StringRef name) {
  return wanted.empty() || llvm::is_contained(wanted, name);
}

static Error addScript(Selection &selection, StringRef file, StringRef group) {
  Expected<Script> script = readScript(file);
  if (!script)
    return script.takeError();
  script->group = group.str();
  selection.scripts.push_back(std::move(*script));
  return Error::success();
}

/// One entry of the suite's index: selected if every feature that it needs is built.
static Error addEntry(Selection &selection, const CommandLine &line, StringRef group,
                      const llvm::json::Object &entry) {
  StringRef file = entry.getString("file").value_or("");
  if (!isWanted(line.scripts, llvm::sys::path::stem(file)))
    return Error::success();
  std::string missing;
  for (const llvm::json::Value &feature : *entry.getArray("features")) {
    StringRef name = feature.getAsString().value_or("");
    if (!hasFeature(line.run.features, name))
      missing += (missing.empty() ? "" : ", ") + name.str();
  }
  if (missing.empty())
    return addScript(selection, line.suite + "/" + file.str(), group);
  Selection::Waiting &waiting = selection.waiting[missing];
  ++waiting.scripts;
  for (const auto &[kind, count] : *entry.getObject("commands"))
    waiting.commands += count.getAsInteger().value_or(0);
  return Error::success();
}

/// The suite's index names the scripts of each group.
static Expected<Selection> select(const CommandLine &line) {
  Selection selection;
  for (const std::string &file : line.files)
    if (Error e = addScript(selection, file, "own"))
      return e;
  if (!line.files.empty())
    return selection;

  std::string indexFile = line.suite + "/index.json";
  auto buffer = llvm::MemoryBuffer::getFile(indexFile);
  if (!buffer)
    return errorOf(indexFile + ": " + buffer.getError().message());
  Expected<llvm::json::Value> index = llvm::json::parse((*buffer)->getBuffer());
  if (!index)
    return index.takeError();
  for (const auto &[group, entries] : *index->getAsObject())
    if (isWanted(line.groups, group.str()))
      for (const llvm::json::Value &entry : *entries.getAsArray())
        if (Error e = addEntry(selection, line, group.str(), *entry.getAsObject()))
          return e;
  // The longest start first, so that none of them is left alone at the end.
  llvm::sort(selection.scripts, [](const Script &a, const Script &b) {
    if (a.commands.size() != b.commands.size())
      return a.commands.size() > b.commands.size();
    return a.path() < b.path();
  });
  if (selection.scripts.empty() && selection.waiting.empty())
    return errorOf("no such script");
  return selection;
}

Error Runner::readKnownFailures() {
  if (line.knownFailures.empty())
    return Error::success();
  auto buffer = llvm::MemoryBuffer::getFile(line.knownFailures);
  if (!buffer)
    return errorOf(line.knownFailures + ": " + buffer.getError().message());
  SmallVector<StringRef, 64> lines;
  (*buffer)->getBuffer().split(lines, '\n', -1, false);
  std::string level = std::string("[-O") + run.level + "]";
  std::string model = ("[" + modelName() + "]").str();
  for (StringRef entry : lines) {
    if (entry.starts_with("#"))
      continue;
    auto [name, reason] = entry.split(' ');
    bool isForThisRun = true;
    while ((reason = reason.trim()).starts_with("[")) {
      auto [word, rest] = reason.split(' ');
      if (word == "[default]" ? run.strictTraps || run.strictFloat
                              : word != level && word != model)
        isForThisRun = false;
      reason = rest;
    }
    if (isForThisRun)
      knownFailures[name.str()] = {reason.str()};
  }
  return Error::success();
}

void Runner::start(Job &job) {
  int ends[2];
  if (pipe(ends) != 0)
    llvm::report_fatal_error("no pipe");
  job.begin = std::chrono::steady_clock::now();
  job.process = fork();
  if (job.process == 0) {
    close(ends[0]);
    Reporter reporter(ends[1]);
    if (run.model == Model::Instance)
      runInInstanceModel(job.script, run, reporter);
    else
      runInProcessModel(job.script, run, reporter);
    _exit(0);
  }
  close(ends[1]);
  job.pipe = ends[0];
}

/// The process is gone: what it did not reach has failed.
void Runner::finish(Job &job) {
  close(job.pipe);
  int status = 0;
  waitpid(job.process, &status, 0);
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - job.begin;
  job.seconds = elapsed.count();
  std::string end = "the process ended early";
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
    end = "timeout";
  else if (WIFSIGNALED(status))
    end = "crash: " + std::string(strsignal(WTERMSIG(status)));
  bool isFirst = true;
  for (Outcome &outcome : job.outcomes) {
    if (outcome.status != Status::NotReached)
      continue;
    outcome.text = isFirst ? end : "not reached";
    isFirst = false;
  }
  judge(job);
}

void Runner::judge(const Job &job) {
  for (size_t i = 0; i != job.outcomes.size(); ++i) {
    const Command &command = job.script.commands[i];
    const Outcome &outcome = job.outcomes[i];
    ++counts[job.script.group][command.kind][static_cast<size_t>(outcome.status)];
    std::string name = job.script.path() + ":" + std::to_string(command.line);
    auto entry = knownFailures.find(name);
    switch (outcome.status) {
    case Status::Passed:
      ++totals.passed;
      break;
    case Status::Failed:
    case Status::NotReached:
      if (entry != knownFailures.end()) {
        entry->second.isSeen = true;
        ++totals.known;
        break;
      }
      ++totals.failed;
      if (outcome.text == moduleNotBuilt)
        break;
      llvm::outs() << "FAIL " << name << ": " << toString(command.kind);
      if (command.hasAction())
        llvm::outs() << " \"" << command.action.field << "\"";
      llvm::outs() << ": " << outcome.text << "\n";
      break;
    case Status::Skipped:
      ++skipReasons[outcome.text];
      if (line.showsSkipped)
        llvm::outs() << "SKIP " << name << ": " << outcome.text << "\n";
      break;
    case Status::NotApplicable:
      break;
    }
  }
  if (line.showsTimes)
    llvm::outs() << llvm::format("%7.2f s  ", job.seconds) << job.script.path() << "\n";
  llvm::outs().flush();
}

/// Starts as many processes as are wanted and listens to all of them.
void Runner::runJobs() {
  std::vector<Job *> running;
  size_t next = 0;
  while (next != jobs.size() || !running.empty()) {
    while (running.size() < line.jobs && next != jobs.size()) {
      start(*jobs[next]);
      running.push_back(jobs[next++].get());
    }
    std::vector<pollfd> polls;
    for (Job *job : running)
      polls.push_back({job->pipe, POLLIN, 0});
    if (poll(polls.data(), polls.size(), -1) < 0)
      continue; // a signal
    for (size_t i = polls.size(); i-- != 0;) {
      if (!polls[i].revents || running[i]->reader.readSome(polls[i].fd))
        continue;
      finish(*running[i]);
      running.erase(running.begin() + i);
    }
  }
}

void Runner::printTables() {
  static constexpr const char *heads[] = {"not reached", "passed", "failed", "skipped",
                                          "not applicable"};
  for (const auto &[group, kinds] : counts) {
    llvm::outs() << "\n" << llvm::left_justify(group, 24);
    for (unsigned column : {1, 2, 0, 3, 4})
      llvm::outs() << llvm::right_justify(heads[column], 16);
    llvm::outs() << "\n";
    Counts total = {};
    auto printRow = [](StringRef name, const Counts &row) {
      llvm::outs() << "  " << llvm::left_justify(name, 22);
      for (unsigned column : {1, 2, 0, 3, 4})
        llvm::outs() << llvm::format("%16u", row[column]);
      llvm::outs() << "\n";
    };
    for (const auto &[kind, row] : kinds) {
      printRow(toString(kind), row);
      for (size_t i = 0; i != row.size(); ++i)
        total[i] += row[i];
    }
    printRow("all", total);
  }
}

void Runner::printSkipped() {
  for (const auto &[reason, count] : skipReasons)
    llvm::outs() << "skipped: " << count << " commands: " << reason << "\n";
  for (const auto &[features, waiting] : selection.waiting)
    llvm::outs() << "skipped: " << waiting.commands << " commands of " << waiting.scripts
                 << " scripts: wait for " << features << "\n";
}

/// The file may only shrink: what passes must leave it.
void Runner::printKnownFailures() {
  for (const auto &[name, failure] : knownFailures) {
    bool isRun = llvm::any_of(jobs, [&](const auto &job) {
      return StringRef(name).starts_with(job->script.path() + ":");
    });
    if (!isRun)
      continue;
    isFine &= failure.isSeen;
    llvm::outs() << (failure.isSeen ? "known failure: " : "unexpected pass: ") << name
                 << ": " << failure.reason << "\n";
  }
}

/// The number of commands run may only grow: a run that quietly tests less is a failure.
Error Runner::checkRecordedMinimum() {
  auto buffer = llvm::MemoryBuffer::getFile(line.recordedMinimum);
  if (!buffer)
    return errorOf(line.recordedMinimum + ": " + buffer.getError().message());
  SmallVector<StringRef, 16> entries;
  (*buffer)->getBuffer().split(entries, '\n', -1, false);
  unsigned commandsRun = totals.passed + totals.failed + totals.known;
  for (StringRef entry : entries) {
    auto [name, number] = entry.split(' ');
    unsigned minimum = 0;
    if (name != modelName() || number.trim().getAsInteger(10, minimum))
      continue;
    llvm::outs() << commandsRun << " commands were run in the " << name
                 << " model; the recorded minimum is " << minimum << "\n";
    isFine &= commandsRun >= minimum;
    return Error::success();
  }
  return errorOf(line.recordedMinimum + ": no minimum for the " + modelName() + " model");
}

Error Runner::runAll() {
  if (Error e = readKnownFailures())
    return e;
  for (const Script &script : selection.scripts)
    jobs.push_back(std::make_unique<Job>(script));
  runJobs();
  printTables();
  llvm::outs() << "\n";
  printSkipped();
  printKnownFailures();
  isFine &= totals.failed == 0;
  return line.recordedMinimum.empty() ? Error::success() : checkRecordedMinimum();
}

static constexpr char usage[] =
    R"(usage: moat-spec [options] [script.json...]
  --suite DIR            the suite's folder (default: $MOAT_SUITES/spec)
  --group NAME           only scripts of this group; may be repeated
  --script NAME          only this script; may be repeated
  --model=instance       shared objects, linked to each other in this process (the default)
  --model=process        executables, each with a driver object
  --model=both           first one, then the other
  -O0, -O1, -O2, -O3     the level (default: -O2); several: one after another
  --strict-traps         compile with --strict-traps
  --strict-float         compile with --strict-float
  --bounds=checked       compile with --bounds=checked
  --relaxed-simd=deterministic
                         compile with --relaxed-simd=deterministic
  --stress-heap          instance model: every allocation collects garbage, and overwrites it
  --mcpu=CPU             compile for this processor, or native
  --text                 also hand malformed text to the text parser
  -j N                   scripts side by side (default: 2)
  --known-failures FILE  what fails, with the reasons
  --minimum FILE         fail if fewer commands were run than this file says
  --time                 print the time of each script
  --show-skipped         print each skipped command
  --keep                 keep the temporary files
)";

static Expected<CommandLine> parse(ArrayRef<char *> arguments) {
  CommandLine line;
  auto value = [&](size_t &i) -> Expected<std::string> {
    if (i + 1 == arguments.size())
      return errorOf(Twine(arguments[i]) + " wants a value");
    return std::string(arguments[++i]);
  };
  for (size_t i = 0; i != arguments.size(); ++i) {
    StringRef argument = arguments[i];
    std::string *single = argument == "--suite"            ? &line.suite
                          : argument == "--known-failures" ? &line.knownFailures
                          : argument == "--minimum"        ? &line.recordedMinimum
                                                           : nullptr;
    std::vector<std::string> *many = argument == "--group"    ? &line.groups
                                     : argument == "--script" ? &line.scripts
                                                              : nullptr;
    if (single || many || argument == "-j") {
      Expected<std::string> text = value(i);
      if (!text)
        return text.takeError();
      if (single)
        *single = std::move(*text);
      else if (many)
        many->push_back(std::move(*text));
      else if (StringRef(*text).getAsInteger(10, line.jobs) || line.jobs == 0)
        return errorOf("-j wants a number");
    } else if (argument.consume_front("-j")) {
      if (argument.getAsInteger(10, line.jobs) || line.jobs == 0)
        return errorOf("-j wants a number");
    } else if (argument == "--model=instance") {
      line.models = {Model::Instance};
    } else if (argument == "--model=process") {
      line.models = {Model::Process};
    } else if (argument == "--model=both") {
      line.models = {Model::Instance, Model::Process};
    } else if (argument.size() == 3 && argument.starts_with("-O") && argument[2] >= '0' &&
               argument[2] <= '3') {
      line.levels.push_back(argument[2]);
    } else if (argument == "--help") {
      line.showsHelp = true;
    } else if (argument == "--strict-traps") {
      line.run.strictTraps = true;
    } else if (argument == "--strict-float") {
      line.run.strictFloat = true;
    } else if (argument == "--bounds=checked") {
      line.run.checkedBounds = true;
    } else if (argument == "--relaxed-simd=deterministic") {
      line.run.deterministicSimd = true;
    } else if (argument == "--stress-heap") {
      line.run.stressesHeap = true;
    } else if (argument.consume_front("--mcpu=")) {
      line.run.cpu = argument.str();
    } else if (argument == "--text") {
      line.run.readsText = true;
    } else if (argument == "--time") {
      line.showsTimes = true;
    } else if (argument == "--show-skipped") {
      line.showsSkipped = true;
    } else if (argument == "--keep") {
      line.run.keepsFiles = true;
    } else if (argument.starts_with("-")) {
      return errorOf("unknown option " + argument);
    } else {
      line.files.push_back(argument.str());
    }
  }
  if (auto suites = llvm::sys::Process::GetEnv("MOAT_SUITES"); suites && line.suite.empty())
    line.suite = *suites + "/spec";
  if (line.suite.empty() && line.files.empty())
    return errorOf("no suite: neither --suite nor the variable MOAT_SUITES is given");
  if (line.models.empty())
    line.models = {Model::Instance};
  if (line.levels.empty())
    line.levels = {'2'};
  return line;
}

static Expected<bool> runEverything(CommandLine &line) {
  Expected<Selection> selection = select(line);
  if (!selection)
    return selection.takeError();
  SmallVector<char, 128> folder;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("moat-spec", folder))
    return errorOf("no temporary folder: " + error.message());
  line.run.temporaryFolder.assign(folder.begin(), folder.end());

  bool isFine = true;
  Totals sum;
  for (Model model : line.models) {
    for (char level : line.levels) {
      RunOptions run = line.run;
      run.model = model;
      run.level = level;
      llvm::outs() << "the " << (model == Model::Instance ? "instance" : "process")
                   << " model at -O" << level << "\n";
      Runner runner(line, run, *selection);
      if (Error e = runner.runAll())
        return e;
      isFine &= runner.isFine;
      sum.passed += runner.totals.passed;
      sum.failed += runner.totals.failed;
      sum.known += runner.totals.known;
    }
  }
  if (!line.run.keepsFiles)
    llvm::sys::fs::remove_directories(line.run.temporaryFolder);
  llvm::outs() << sum.passed << " passed, " << sum.failed << " failed";
  if (sum.known)
    llvm::outs() << ", " << sum.known << " known to fail";
  llvm::outs() << "\n";
  return isFine;
}

int main(int argumentCount, char **arguments) {
  auto fail = [](Error error) {
    llvm::errs() << "moat-spec: error: " << llvm::toString(std::move(error)) << "\n";
    return 2;
  };
  Expected<CommandLine> line = parse(ArrayRef(arguments + 1, argumentCount - 1));
  if (!line)
    return fail(line.takeError());
  if (line->showsHelp) {
    llvm::outs() << usage;
    return 0;
  }
  Expected<bool> isFine = runEverything(*line);
  if (!isFine)
    return fail(isFine.takeError());
  return *isFine ? 0 : 1;
}
