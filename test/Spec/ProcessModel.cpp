// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Runs a script's modules as the executables that `moat` makes of them. A module that
// imports nothing of another module is linked with two objects in front of the runtime:
// the fixed one of Driver.cpp, which brings its own moat_main, and one that is generated
// here, in memory, by LLVM: the script's calls of that module as a table, and for each
// exported function that it names a thunk by the C rule of abi/Layout.h. The executable
// writes to a pipe what each call gave, and the results are compared here.
//
// Nothing of the compiler's lowering is used to make that object, only its names of
// symbols, so that both sides of the C rule are written independently.

#include "Model.h"

#include "Decode/Decode.h"
#include "Diagnostics.h"
#include "Driver.h"
#include "moat/Compiler.h"
#include "moat/moat.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace moat;
using namespace moat::spec;

static constexpr const char *trapTexts[] = {
#define TRAP(name, text) text,
#include "moat/abi/Traps.def"
};
static constexpr int trapExitCode = 134;

static constexpr char globalGet[] = "an exported global has no C symbol";
static constexpr char linkedModule[] = "the module is linked to another one";
static constexpr char spectestState[] = "imports a table, a memory or a mutable global";

namespace {

/// The generated object of one module.
class DriverObject {
public:
  DriverObject(const Module &wasm, llvm::TargetMachine &target)
      : wasm(wasm), ir("driver", context), builder(context), target(target) {
    ir.setDataLayout(target.createDataLayout());
    ir.setTargetTriple(target.getTargetTriple());
  }

  /// Takes an action on. Fails if the module has no such function or it is of another type.
  Error add(const Action &action);
  Error emit(StringRef file);

private:
  llvm::Type *cType(ValType type);
  llvm::FunctionType *cFunctionType(const FuncType &type);
  llvm::Function *thunk(StringRef name, const FuncType &type);
  void provideSpectest();
  llvm::Constant *bytesOf(ArrayRef<abi::Value> values);

  const Module &wasm;
  llvm::LLVMContext context;
  llvm::Module ir;
  llvm::IRBuilder<> builder;
  llvm::TargetMachine &target;
  std::vector<llvm::Constant *> actions;
};

/// One module of the script and what is asked of it.
struct Program {
  size_t command;              ///< that defines it
  std::vector<size_t> actions; ///< commands
  bool isLinkedLater = false;  ///< another instance imports from it
};

/// How an executable ended.
struct Ending {
  int status = 0;        ///< as of waitpid
  std::string output;    ///< on descriptor 1
  std::string errorText; ///< on descriptor 2
};

class ProcessModel {
public:
  ProcessModel(const Script &script, const RunOptions &options, Reporter &reporter)
      : script(script), options(options), reporter(reporter) {}
  void run();

private:
  void plan();
  void planModule(size_t index, const Module &wasm);
  void runProgram(const Program &program);
  Error build(const Program &program, const Module &wasm, DriverObject &object,
              StringRef executable);
  void judge(const Program &program, StringRef executable);
  void judgeAction(size_t command, const DriverReport &report, StringRef results);
  Error checkUnprotected(StringRef executable, size_t action, StringRef text);
  void skip(size_t command, const char *why) {
    reporter.report(command, Status::Skipped, why);
  }

  const Script &script;
  const RunOptions &options;
  Reporter &reporter;
  std::unique_ptr<llvm::TargetMachine> target;
  std::vector<Program> programs;
  std::map<size_t, size_t> programOf; ///< by the index of the defining command
  std::map<size_t, const char *> skipped; ///< modules, with the reason
  std::map<std::string, size_t> registered; ///< the defining command, by module name
};

} // namespace

llvm::Type *DriverObject::cType(ValType type) {
  switch (type.kind) {
  case ValType::I32: return builder.getInt32Ty();
  case ValType::I64: return builder.getInt64Ty();
  case ValType::F32: return builder.getFloatTy();
  case ValType::F64: return builder.getDoubleTy();
  case ValType::V128: return llvm::FixedVectorType::get(builder.getInt8Ty(), 16);
  default: return builder.getPtrTy();
  }
}

/// The rule of abi/Layout.h: the instance, a pointer to the results if they are several,
/// then the parameters.
llvm::FunctionType *DriverObject::cFunctionType(const FuncType &type) {
  SmallVector<llvm::Type *, 8> parameters = {builder.getPtrTy()};
  if (type.results.size() > 1)
    parameters.push_back(builder.getPtrTy());
  for (ValType parameter : type.params)
    parameters.push_back(cType(parameter));
  llvm::Type *result =
      type.results.size() == 1 ? cType(type.results[0]) : builder.getVoidTy();
  return llvm::FunctionType::get(result, parameters, false);
}

llvm::Function *DriverObject::thunk(StringRef name, const FuncType &type) {
  std::string thunkName = ("call " + name).str();
  if (llvm::Function *made = ir.getFunction(thunkName))
    return made;
  auto *function = llvm::Function::Create(
      llvm::FunctionType::get(builder.getVoidTy(), {builder.getPtrTy(), builder.getPtrTy()},
                              false),
      llvm::GlobalValue::InternalLinkage, thunkName, ir);
  builder.SetInsertPoint(llvm::BasicBlock::Create(context, "", function));
  llvm::Value *values = function->getArg(1);
  auto slot = [&](size_t i) {
    return builder.CreateConstGEP1_64(builder.getInt8Ty(), values, i * sizeof(abi::Value));
  };
  SmallVector<llvm::Value *, 8> arguments = {function->getArg(0)};
  if (type.results.size() > 1)
    arguments.push_back(values);
  for (size_t i = 0; i != type.params.size(); ++i)
    arguments.push_back(builder.CreateLoad(cType(type.params[i]), slot(i)));
  llvm::FunctionCallee callee =
      ir.getOrInsertFunction(exportSymbol(name), cFunctionType(type));
  llvm::Value *result = builder.CreateCall(callee, arguments);
  if (type.results.size() == 1)
    builder.CreateStore(result, slot(0));
  builder.CreateRetVoid();
  return function;
}

llvm::Constant *DriverObject::bytesOf(ArrayRef<abi::Value> values) {
  StringRef bytes(reinterpret_cast<const char *>(values.data()),
                  values.size() * sizeof(abi::Value));
  llvm::Constant *data = llvm::ConstantDataArray::getString(context, bytes, false);
  auto *variable = new llvm::GlobalVariable(
      ir, data->getType(), true, llvm::GlobalValue::PrivateLinkage, data);
  variable->setAlignment(llvm::Align(alignof(abi::Value)));
  return variable;
}

Error DriverObject::add(const Action &action) {
  auto found = llvm::find_if(wasm.exports, [&](const Export &candidate) {
    return candidate.name == action.field && candidate.kind == ExternKind::Func;
  });
  if (found == wasm.exports.end())
    return errorOf("no exported function \"" + Twine(action.field) + "\"");
  const FuncType &type = wasm.funcType(found->index);
  if (type.params.size() != action.arguments.size())
    return errorOf("the script gives another number of arguments");
  std::vector<abi::Value> arguments;
  for (const Value &value : action.arguments)
    arguments.push_back(toBits(value));
  llvm::Constant *row = llvm::ConstantStruct::getAnon(
      {thunk(found->name, type), bytesOf(arguments),
       builder.getInt32(arguments.size()), builder.getInt32(type.results.size())});
  actions.push_back(row);
  return Error::success();
}

/// The functions and immutable globals of `spectest`. Functions return nothing and print
/// nothing: what they are given is not checked.
void DriverObject::provideSpectest() {
  for (const Import &import : wasm.imports) {
    std::string symbol = importSymbol(import.module, import.field);
    if (ir.getNamedValue(symbol))
      continue;
    if (import.kind == ExternKind::Func) {
      auto *function =
          llvm::Function::Create(cFunctionType(wasm.funcType(import.index)),
                                 llvm::GlobalValue::ExternalLinkage, symbol, ir);
      builder.SetInsertPoint(llvm::BasicBlock::Create(context, "", function));
      builder.CreateRetVoid();
    } else if (import.kind == ExternKind::Global) {
      ValType type = wasm.globals[import.index].type.type;
      llvm::Constant *value = type.kind == ValType::I32   ? builder.getInt32(666)
                              : type.kind == ValType::I64 ? builder.getInt64(666)
                                                          : llvm::ConstantFP::get(
                                                                cType(type), 666.6);
      new llvm::GlobalVariable(ir, value->getType(), true,
                               llvm::GlobalValue::ExternalLinkage, value, symbol);
    }
  }
}

Error DriverObject::emit(StringRef file) {
  provideSpectest();
  llvm::Type *rowType = llvm::StructType::get(
      context, {builder.getPtrTy(), builder.getPtrTy(), builder.getInt32Ty(),
                builder.getInt32Ty()});
  llvm::Constant *table =
      llvm::ConstantArray::get(llvm::ArrayType::get(rowType, actions.size()), actions);
  new llvm::GlobalVariable(ir, table->getType(), true, llvm::GlobalValue::ExternalLinkage,
                           table, "moat_spec_actions");
  new llvm::GlobalVariable(ir, builder.getInt32Ty(), true,
                           llvm::GlobalValue::ExternalLinkage,
                           builder.getInt32(actions.size()), "moat_spec_action_count");
  std::error_code error;
  llvm::raw_fd_ostream os(file, error);
  if (error)
    return errorOf(file + ": " + error.message());
  llvm::legacy::PassManager passes;
  if (target.addPassesToEmitFile(passes, os, nullptr, llvm::CodeGenFileType::ObjectFile))
    return errorOf("the target cannot write objects");
  passes.run(ir);
  return Error::success();
}

/// Goes through the script once and hands each action to the program it is for.
void ProcessModel::plan() {
  InstanceNames names;
  std::vector<std::string> definitionNames;
  std::map<std::string, size_t> definitions;
  for (size_t i = 0; i != script.commands.size(); ++i) {
    const Command &command = script.commands[i];
    switch (command.kind) {
    case CommandKind::ModuleInstance:
    case CommandKind::ModuleDefinition:
    case CommandKind::Module:
    case CommandKind::AssertUninstantiable: {
      if (command.kind == CommandKind::ModuleDefinition) {
        // Judged in the other model.
        reporter.report(i, Status::NotApplicable);
        break;
      }
      if (command.kind == CommandKind::ModuleInstance) {
        skip(i, linkedModule);
        names.define(command.instance, i);
        skipped[i] = linkedModule;
        break;
      }
      auto buffer = llvm::MemoryBuffer::getFile(command.filename);
      if (!buffer) {
        reporter.report(i, errorOf(command.filename + ": " + buffer.getError().message()));
        break;
      }
      Expected<Module> wasm =
          decode(llvm::arrayRefFromStringRef((*buffer)->getBuffer()), options.features);
      if (!wasm) {
        reporter.report(i, wasm.takeError());
        names.forgetCurrent();
        break;
      }
      planModule(i, *wasm);
      if (command.kind == CommandKind::Module)
        names.define(command.name, i);
      break;
    }
    case CommandKind::Register:
      if (auto instance = names.find(command.name))
        registered[command.as] = *instance;
      reporter.report(i, Status::NotApplicable);
      break;
    case CommandKind::Action:
    case CommandKind::AssertReturn:
    case CommandKind::AssertTrap:
    case CommandKind::AssertExhaustion:
    case CommandKind::AssertException: {
      std::optional<size_t> instance = names.find(command.action.module);
      if (!instance) {
        reporter.report(i, errorOf("no such instance"));
        break;
      }
      if (auto why = skipped.find(*instance); why != skipped.end()) {
        skip(i, why->second);
        break;
      }
      if (command.action.isGet) {
        skip(i, globalGet);
        break;
      }
      Program &program = programs[programOf[*instance]];
      if (program.isLinkedLater)
        skip(i, linkedModule);
      else
        program.actions.push_back(i);
      break;
    }
    default:
      reporter.report(i, Status::NotApplicable);
      break;
    }
  }
}

/// Decides whether module \p index can be a program, and notes which others it touches.
void ProcessModel::planModule(size_t index, const Module &wasm) {
  const char *reason = nullptr;
  for (const Import &import : wasm.imports) {
    if (import.module != "spectest") {
      reason = linkedModule;
      auto provider = registered.find(import.module.str());
      if (provider == registered.end())
        continue;
      if (auto program = programOf.find(provider->second); program != programOf.end())
        programs[program->second].isLinkedLater = true;
      continue;
    }
    bool isPlain = import.kind == ExternKind::Func ||
                   (import.kind == ExternKind::Global &&
                    !wasm.globals[import.index].type.isMutable);
    if (!isPlain && !reason)
      reason = spectestState;
  }
  if (reason) {
    skipped[index] = reason;
    return skip(index, reason);
  }
  programOf[index] = programs.size();
  programs.push_back({index, {}, false});
}

static Expected<std::vector<uint8_t>> readBytes(const std::string &file) {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return errorOf(file + ": " + buffer.getError().message());
  StringRef bytes = (*buffer)->getBuffer();
  return std::vector<uint8_t>(bytes.begin(), bytes.end());
}

Error ProcessModel::build(const Program &program, const Module &wasm, DriverObject &object,
                          StringRef executable) {
  std::string objectFile = (executable + ".driver.o").str();
  if (Error e = object.emit(objectFile))
    return e;
  CompileOptions compileOptions;
  compileOptions.level = static_cast<Level>(options.level - '0');
  compileOptions.strictTraps = options.strictTraps;
  compileOptions.strictFloat = options.strictFloat;
  compileOptions.bounds = options.checkedBounds ? Bounds::Checked : Bounds::Guard;
  compileOptions.relaxedSimd =
      options.deterministicSimd ? RelaxedSimd::Deterministic : RelaxedSimd::Fast;
  compileOptions.cpu = options.cpu;
  compileOptions.emit = EmitKind::Executable;
  compileOptions.exportAll = true;
  compileOptions.extraInputs = {objectFile, MOAT_SPEC_DRIVER};
  auto error = compile(std::span(wasm.bytes.data(), wasm.bytes.size()), compileOptions,
                       executable.str());
  llvm::sys::fs::remove(objectFile);
  return error ? errorOf(error->text) : Error::success();
}

void ProcessModel::runProgram(const Program &program) {
  auto failAll = [&](Error error) {
    std::string text = llvm::toString(std::move(error));
    reporter.report(program.command, Status::Failed, text);
    for (size_t action : program.actions)
      reporter.report(action, Status::Failed, moduleNotBuilt);
  };
  Expected<std::vector<uint8_t>> bytes =
      readBytes(script.commands[program.command].filename);
  if (!bytes)
    return failAll(bytes.takeError());
  Expected<Module> wasm = decode(*bytes, options.features);
  if (!wasm)
    return failAll(wasm.takeError());
  DriverObject object(*wasm, *target);
  for (size_t action : program.actions)
    if (Error e = object.add(script.commands[action].action))
      return failAll(std::move(e));
  std::string executable = options.temporaryFolder + "/" + script.group + "-" +
                           script.name + "-" + std::to_string(program.command);
  if (Error e = build(program, *wasm, object, executable))
    return failAll(std::move(e));
  judge(program, executable);
  if (!options.keepsFiles)
    llvm::sys::fs::remove(executable);
}

/// Runs \p executable with its output in pipes; whatever it does, it ends: the alarm that
/// is set here survives the exec.
static Ending execute(StringRef executable, std::optional<size_t> unprotected) {
  std::string path = executable.str();
  std::string variable = std::string(driverUnprotected) + "=" +
                         std::to_string(unprotected.value_or(0));
  char *arguments[] = {path.data(), nullptr};
  char *environment[] = {unprotected ? variable.data() : nullptr, nullptr};
  int output[2], errors[2];
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0)
    llvm::report_fatal_error("no pipe");
  pid_t process = fork();
  if (process == 0) {
    dup2(output[1], 1);
    dup2(errors[1], 2);
    alarm(Reporter::commandSeconds / 2);
    execve(path.c_str(), arguments, environment);
    _exit(127);
  }
  close(output[1]);
  close(errors[1]);

  Ending ending;
  pollfd polls[] = {{output[0], POLLIN, 0}, {errors[0], POLLIN, 0}};
  std::string *texts[] = {&ending.output, &ending.errorText};
  for (int open = 2; open != 0;) {
    if (poll(polls, 2, -1) < 0)
      continue;
    for (int i = 0; i != 2; ++i) {
      if (polls[i].fd < 0 || !polls[i].revents)
        continue;
      char buffer[1 << 14];
      ssize_t count = read(polls[i].fd, buffer, sizeof buffer);
      if (count > 0) {
        texts[i]->append(buffer, count);
      } else if (count == 0 || errno != EINTR) {
        close(polls[i].fd);
        polls[i].fd = -1;
        --open;
      }
    }
  }
  waitpid(process, &ending.status, 0);
  return ending;
}

static std::string describe(const Ending &ending) {
  std::string text = WIFEXITED(ending.status)
                         ? "exit code " + std::to_string(WEXITSTATUS(ending.status))
                         : "signal " + std::to_string(WTERMSIG(ending.status));
  StringRef firstLine = StringRef(ending.errorText).split('\n').first;
  return firstLine.empty() ? text : text + ": " + firstLine.str();
}

static bool hasTrapped(const Ending &ending) {
  return WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == trapExitCode;
}

void ProcessModel::judge(const Program &program, StringRef executable) {
  Ending ending = execute(executable, std::nullopt);
  if (script.commands[program.command].kind == CommandKind::AssertUninstantiable) {
    if (hasTrapped(ending))
      return reporter.report(program.command, Status::Passed);
    return reporter.report(program.command, Status::Failed,
                           "no trap while it is instantiated: " + describe(ending));
  }

  bool isFine = WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == 0;
  StringRef bytes = ending.output;
  size_t next = 0;
  std::optional<size_t> firstTrap;
  std::vector<bool> isTrap(program.actions.size());
  while (next != program.actions.size() && bytes.size() >= sizeof(DriverReport)) {
    DriverReport report;
    memcpy(&report, bytes.data(), sizeof report);
    bytes = bytes.drop_front(sizeof report);
    size_t sizeBytes = report.resultCount * sizeof(abi::Value);
    if (bytes.size() < sizeBytes || report.action != next)
      break;
    size_t command = program.actions[next];
    // A sample without the hook: the first trap of each module.
    if (report.trap >= 0 && !firstTrap &&
        script.commands[command].kind != CommandKind::AssertReturn) {
      firstTrap = next;
      Error e = checkUnprotected(executable, next,
                                 report.trap == MOAT_UNCAUGHT_EXCEPTION
                                     ? "uncaught exception"
                                     : trapTexts[report.trap]);
      if (e)
        reporter.report(command, std::move(e));
      else
        judgeAction(command, report, bytes.take_front(sizeBytes));
    } else {
      judgeAction(command, report, bytes.take_front(sizeBytes));
    }
    bytes = bytes.drop_front(sizeBytes);
    ++next;
  }
  for (; next != program.actions.size(); ++next)
    reporter.report(program.actions[next], Status::Failed, describe(ending));
  if (isFine)
    reporter.report(program.command, Status::Passed);
  else
    reporter.report(program.command, Status::Failed, describe(ending));
}

/// Without the hook, a trap prints its words and ends the process.
Error ProcessModel::checkUnprotected(StringRef executable, size_t action, StringRef text) {
  Ending ending = execute(executable, action);
  if (!hasTrapped(ending) || !StringRef(ending.errorText).contains(text))
    return errorOf("without the trap hook: " + describe(ending) + ", not exit code 134 and \"" +
                   text + "\"");
  return Error::success();
}

void ProcessModel::judgeAction(size_t index, const DriverReport &report, StringRef results) {
  const Command &command = script.commands[index];
  ActionResult result;
  if (report.trap == MOAT_UNCAUGHT_EXCEPTION)
    result.hasException = true;
  else if (report.trap >= 0)
    result.trap = trapTexts[report.trap];
  result.values.resize(report.resultCount);
  memcpy(result.values.data(), results.data(), results.size());
  reporter.report(index, spec::judge(command, result));
}

void ProcessModel::run() {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Triple triple("x86_64-linux-musl");
  std::string text;
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, text);
  if (!found)
    llvm::report_fatal_error(Twine(text));
  target.reset(found->createTargetMachine(triple, "x86-64-v2", "", llvm::TargetOptions(),
                                          llvm::Reloc::Static, std::nullopt,
                                          llvm::CodeGenOptLevel::None));
  plan();
  for (const Program &program : programs)
    runProgram(program);
}

void moat::spec::runInProcessModel(const Script &script, const RunOptions &options,
                                   Reporter &reporter) {
  ProcessModel(script, options, reporter).run();
}
