// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Runs a script as a host program that embeds its modules: each is compiled to a shared
// object, loaded into this process and instantiated in the script's store, linked to the
// instances before it and to the host module `spectest`.

#include "Model.h"

#include "Diagnostics.h"
#include "Instantiate.h"
#include "moat/Compiler.h"
#include "llvm/Support/FileSystem.h"
#include <cstring>
#include <dlfcn.h>

using namespace moat;
using namespace moat::spec;

namespace {

class InstanceModel {
public:
  InstanceModel(const Script &script, const RunOptions &options, Reporter &reporter)
      : script(script), options(options), reporter(reporter) {}
  void run();

private:
  void runCommand(size_t index, const Command &command);
  Error validate(const std::string &file);
  Error mustNotCompile(const Command &command);
  Expected<const abi::ModuleDescriptor *> load(const std::string &file);
  Expected<rt::Instance *> instantiate(const std::string &file, rt::LinkError &error);
  Error defineInstance(size_t index, StringRef name, const std::string &file);
  Error mustNotInstantiate(const Command &command);
  Error registerInstance(const Command &command);
  Error runAction(const Command &command);
  Expected<rt::Extern> findField(const Action &action);

  void provideSpectest();
  CompileOptions compileOptions(EmitKind emit) const;
  std::string temporaryFile(StringRef suffix) const {
    return options.temporaryFolder + "/" + script.group + "-" + script.name +
           suffix.str();
  }

  const Script &script;
  const RunOptions &options;
  Reporter &reporter;
  rt::Store *store = nullptr;
  InstanceNames names;
  std::map<size_t, rt::Instance *> instances; ///< by the command that made them
  std::map<std::string, rt::Instance *> registered;
  std::map<std::string, rt::Extern> spectest;
  std::map<std::string, std::string> definitions; ///< file by name; "": the last one
  std::map<std::string, const abi::ModuleDescriptor *> loaded; ///< by file
};

} // namespace

/// A module of the suite is bytes to the compiler; its name is for messages.
CompileOptions InstanceModel::compileOptions(EmitKind emit) const {
  CompileOptions result;
  result.emit = emit;
  result.level = static_cast<Level>(options.level - '0');
  result.strictTraps = options.strictTraps;
  result.strictFloat = options.strictFloat;
  result.bounds = options.checkedBounds ? Bounds::Checked : Bounds::Guard;
  result.relaxedSimd =
      options.deterministicSimd ? RelaxedSimd::Deterministic : RelaxedSimd::Fast;
  result.cpu = options.cpu;
  return result;
}

/// Phases behind validation are left out: most of the suite's modules only ask for that.
Error InstanceModel::validate(const std::string &file) {
  std::string output = temporaryFile(".wasm");
  auto error = compile(file, compileOptions(EmitKind::Wasm), output);
  llvm::sys::fs::remove(output);
  return error ? errorOf(error->text) : Error::success();
}

Error InstanceModel::mustNotCompile(const Command &command) {
  std::string output = temporaryFile(".wasm");
  auto error = compile(command.filename, compileOptions(EmitKind::Wasm), output);
  if (error && error->kind == CompileError::Input)
    return Error::success();
  llvm::sys::fs::remove(output);
  return errorOf(error ? "not refused as input: " + error->text
                       : "accepted, but expected: " + command.text);
}

Expected<const abi::ModuleDescriptor *> InstanceModel::load(const std::string &file) {
  const abi::ModuleDescriptor *&module = loaded[file];
  if (module)
    return module;
  std::string output = temporaryFile("-" + std::to_string(loaded.size()) + ".so");
  if (auto error = compile(file, compileOptions(EmitKind::Shared), output))
    return errorOf(error->text);
  void *library = dlopen(output.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!options.keepsFiles)
    llvm::sys::fs::remove(output);
  if (!library)
    return errorOf(dlerror());
  module = static_cast<const abi::ModuleDescriptor *>(dlsym(library, "moat_module"));
  if (!module)
    return errorOf("the shared object has no moat_module");
  return module;
}

static StringRef view(const abi::Name &name) { return {name.bytes, name.sizeBytes}; }

Expected<rt::Instance *> InstanceModel::instantiate(const std::string &file,
                                                    rt::LinkError &error) {
  Expected<const abi::ModuleDescriptor *> module = load(file);
  if (!module)
    return module.takeError();
  std::vector<rt::Import> imports;
  for (const abi::ImportDescriptor &import :
       ArrayRef((*module)->imports, (*module)->importCount)) {
    rt::Extern provided;
    if (view(import.module) == "spectest") {
      if (auto found = spectest.find(view(import.field).str()); found != spectest.end())
        provided = found->second;
    } else if (auto found = registered.find(view(import.module).str());
               found != registered.end()) {
      provided = rt::findExport(*found->second, view(import.field));
    }
    if (provided)
      imports.push_back({view(import.module), view(import.field), provided});
  }
  return store->instantiate(**module, imports, error);
}

Error InstanceModel::defineInstance(size_t index, StringRef name, const std::string &file) {
  rt::LinkError error;
  Expected<rt::Instance *> instance = instantiate(file, error);
  if (!instance || !*instance) {
    names.forgetCurrent();
    if (!instance)
      return instance.takeError();
    if (error.kind == rt::LinkError::Trapped)
      return errorOf(Twine("trap while it is instantiated: ") +
                     rt::trapText(error.trap.kind));
    return errorOf(Twine("not instantiated: ") + error.text);
  }
  instances[index] = *instance;
  names.define(name, index);
  return Error::success();
}

Error InstanceModel::mustNotInstantiate(const Command &command) {
  bool mustTrap = command.kind == CommandKind::AssertUninstantiable;
  rt::LinkError error;
  Expected<rt::Instance *> instance = instantiate(command.filename, error);
  if (!instance)
    return instance.takeError();
  if (*instance)
    return errorOf("instantiated, but expected: " + command.text);
  if (error.kind == (mustTrap ? rt::LinkError::Trapped : rt::LinkError::Unlinkable))
    return Error::success();
  return errorOf(Twine("failed in another way: ") +
                 (error.kind == rt::LinkError::Trapped ? rt::trapText(error.trap.kind)
                                                       : error.text));
}

Error InstanceModel::registerInstance(const Command &command) {
  std::optional<size_t> index = names.find(command.name);
  if (!index)
    return errorOf("no such instance");
  registered[command.as] = instances[*index];
  return Error::success();
}

Expected<rt::Extern> InstanceModel::findField(const Action &action) {
  std::optional<size_t> index = names.find(action.module);
  if (!index)
    return errorOf("no such instance");
  rt::Extern field = rt::findExport(*instances[*index], action.field);
  if (!field || field.type.kind != (action.isGet ? abi::ExternKind::Global
                                                 : abi::ExternKind::Func))
    return errorOf("no such export");
  return field;
}

/// The number of words behind `(result` in a function type's text. Either may be in
/// parentheses of its own, and hold a function type again.
static size_t resultCount(StringRef text) {
  size_t count = 0, depth = 0;
  bool isInResults = false;
  for (size_t i = 0; i != text.size(); ++i) {
    if (text[i] == '(' && ++depth == 2)
      isInResults = text.substr(i).starts_with("(result");
    if (text[i] == ' ' && depth == 2)
      count += isInResults;
    if (text[i] == ')' && --depth == 0)
      break;
  }
  return count;
}

Error InstanceModel::runAction(const Command &command) {
  Expected<rt::Extern> field = findField(command.action);
  if (!field)
    return field.takeError();
  ActionResult result;
  if (command.action.isGet) {
    result.values = {*field->global};
    return judge(command, result);
  }
  std::vector<abi::Value> values(1000);
  for (size_t i = 0; i != command.action.arguments.size(); ++i)
    values[i] = toBits(command.action.arguments[i]);
  rt::TrapRecord trap;
  if (store->invoke(field->function, values.data(), trap)) {
    values.resize(resultCount(field->type.type->text));
    result.values = std::move(values);
  } else if (trap.ending == rt::TrapRecord::Threw) {
    result.hasException = true;
  } else {
    result.trap = rt::trapText(trap.kind);
  }
  return judge(command, result);
}

static void print(void *, abi::Value *) {}

/// The host module of the suite's README, fresh for each script.
void InstanceModel::provideSpectest() {
  spectest["print"] = store->makeFunction("(func)", print, nullptr);
  for (const char *type : {"i32", "i64", "f32", "f64", "i32 f32", "f64 f64"}) {
    std::string name = std::string("print_") + type;
    std::replace(name.begin(), name.end(), ' ', '_');
    std::string text = std::string("(func (param ") + type + "))";
    spectest[name] = store->makeFunction(text, print, nullptr);
  }
  auto makeGlobal = [&](const char *name, abi::Kind kind, auto abi::Value::*member,
                        auto number) {
    abi::Value value;
    memset(&value, 0, sizeof value);
    value.*member = number;
    spectest[name] = store->makeGlobal(kind, false, false, value);
  };
  makeGlobal("global_i32", abi::Kind::I32, &abi::Value::i32, 666u);
  makeGlobal("global_i64", abi::Kind::I64, &abi::Value::i64, uint64_t(666));
  makeGlobal("global_f32", abi::Kind::F32, &abi::Value::f32, 666.6f);
  makeGlobal("global_f64", abi::Kind::F64, &abi::Value::f64, 666.6);

  abi::LimitsDescriptor limits = {};
  limits.minimum = 10;
  limits.maximum = 20;
  limits.element = {abi::Kind::Func, true, 0, 0};
  spectest["table"] = store->makeTable(abi::Kind::Func, true, limits);
  limits.is64 = true;
  spectest["table64"] = store->makeTable(abi::Kind::Func, true, limits);
  limits = {};
  limits.minimum = 1;
  limits.maximum = 2;
  limits.pageSizeLog2 = 16;
  spectest["memory"] = store->makeMemory(limits);
  limits.isShared = true;
  spectest["shared_memory"] = store->makeMemory(limits);
}

void InstanceModel::runCommand(size_t index, const Command &command) {
  switch (command.kind) {
  case CommandKind::Module:
    return reporter.report(index, defineInstance(index, command.name, command.filename));
  case CommandKind::ModuleDefinition:
    definitions[command.name] = command.filename;
    definitions[""] = command.filename;
    return reporter.report(index, validate(command.filename));
  case CommandKind::ModuleInstance: {
    auto file = definitions.find(command.definition);
    if (file == definitions.end())
      return reporter.report(index, errorOf("no such definition"));
    return reporter.report(index, defineInstance(index, command.instance, file->second));
  }
  case CommandKind::Register:
    return reporter.report(index, registerInstance(command));
  case CommandKind::Action:
  case CommandKind::AssertReturn:
  case CommandKind::AssertTrap:
  case CommandKind::AssertExhaustion:
  case CommandKind::AssertException:
    return reporter.report(index, runAction(command));
  case CommandKind::AssertInvalid:
  case CommandKind::AssertMalformed:
    if (command.isText && !options.readsText)
      return reporter.report(index, Status::NotApplicable, "text");
    return reporter.report(index, mustNotCompile(command));
  case CommandKind::AssertUnlinkable:
  case CommandKind::AssertUninstantiable:
    return reporter.report(index, mustNotInstantiate(command));
  case CommandKind::AssertInvalidCustom:
  case CommandKind::AssertMalformedCustom:
    return reporter.report(index, Status::NotApplicable,
                           "malformed custom sections are ignored");
  }
}

void InstanceModel::run() {
  rt::StoreOptions storeOptions;
  storeOptions.prefersUnguarded = options.checkedBounds;
  store = rt::Store::create(storeOptions);
  if (!store)
    llvm::report_fatal_error("no store");
  provideSpectest();
  for (size_t i = 0; i != script.commands.size(); ++i) {
    const Command &command = script.commands[i];
    if (!command.unless.empty() && hasFeature(options.features, command.unless))
      reporter.report(i, Status::NotApplicable, "does not hold with " + command.unless);
    else
      runCommand(i, command);
  }
}

void moat::spec::runInInstanceModel(const Script &script, const RunOptions &options,
                                    Reporter &reporter) {
  InstanceModel(script, options, reporter).run();
}
