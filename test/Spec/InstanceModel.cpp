// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Runs a script as a host program that embeds its modules: each is compiled to a shared
// object, loaded into this process and instantiated in the script's store, linked to the
// instances before it and to the host module `spectest`. All of that by the public interface
// of host programs, moat.h.

#include "Model.h"

#include "Diagnostics.h"
#include "moat/Compiler.h"
#include "moat/moat.h"
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
  Expected<const moat_module_descriptor *> load(const std::string &file);
  Expected<moat_instance *> instantiate(const std::string &file, moat_error &error);
  Error defineInstance(size_t index, StringRef name, const std::string &file);
  Error mustNotInstantiate(const Command &command);
  Error registerInstance(const Command &command);
  Error runAction(const Command &command);
  Expected<moat_extern> findField(const Action &action);

  void provideSpectest();
  CompileOptions compileOptions(EmitKind emit) const;
  std::string temporaryFile(StringRef suffix) const {
    return options.temporaryFolder + "/" + script.group + "-" + script.name +
           suffix.str();
  }

  const Script &script;
  const RunOptions &options;
  Reporter &reporter;
  moat_store *store = nullptr;
  InstanceNames names;
  std::map<size_t, moat_instance *> instances; ///< by the command that made them
  std::map<std::string, moat_instance *> registered;
  std::map<std::string, moat_extern> spectest;
  std::map<std::string, std::string> definitions; ///< file by name; "": the last one
  std::map<std::string, const moat_module_descriptor *> loaded; ///< by file
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

Expected<const moat_module_descriptor *> InstanceModel::load(const std::string &file) {
  const moat_module_descriptor *&module = loaded[file];
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
  module = static_cast<const moat_module_descriptor *>(dlsym(library, "moat_module"));
  if (!module)
    return errorOf("the shared object has no moat_module");
  return module;
}

/// What \p instance exports as \p name, which may hold any bytes.
static moat_extern findExport(moat_instance *instance, StringRef name) {
  return moat_find_export_named(instance, name.data(), name.size());
}

Expected<moat_instance *> InstanceModel::instantiate(const std::string &file,
                                                     moat_error &error) {
  Expected<const moat_module_descriptor *> module = load(file);
  if (!module)
    return module.takeError();
  std::vector<moat_import> imports;
  for (size_t i = 0, count = moat_import_count(*module); i != count; ++i) {
    moat_import import = {};
    moat_import_at(*module, i, &import.module, &import.module_size, &import.field,
                   &import.field_size);
    StringRef from(import.module, import.module_size);
    StringRef field(import.field, import.field_size);
    if (from == "spectest") {
      if (auto found = spectest.find(field.str()); found != spectest.end())
        import.provided = found->second;
    } else if (auto found = registered.find(from.str()); found != registered.end()) {
      import.provided = findExport(found->second, field);
    }
    imports.push_back(import);
  }
  return moat_instantiate(store, *module, imports.data(), imports.size(), &error);
}

static const char *textOf(const moat_trap_info &trap) {
  return trap.text ? trap.text : "no trap";
}

Error InstanceModel::defineInstance(size_t index, StringRef name, const std::string &file) {
  moat_error error = {};
  Expected<moat_instance *> instance = instantiate(file, error);
  if (!instance || !*instance) {
    names.forgetCurrent();
    if (!instance)
      return instance.takeError();
    if (error.kind == MOAT_START_FAILED)
      return errorOf(Twine("trap while it is instantiated: ") + textOf(error.trap));
    return errorOf(Twine("not instantiated: ") + error.text);
  }
  instances[index] = *instance;
  names.define(name, index);
  return Error::success();
}

Error InstanceModel::mustNotInstantiate(const Command &command) {
  bool mustTrap = command.kind == CommandKind::AssertUninstantiable;
  moat_error error = {};
  Expected<moat_instance *> instance = instantiate(command.filename, error);
  if (!instance)
    return instance.takeError();
  if (*instance)
    return errorOf("instantiated, but expected: " + command.text);
  if (error.kind == (mustTrap ? MOAT_START_FAILED : MOAT_UNLINKABLE))
    return Error::success();
  return errorOf(Twine("failed in another way: ") +
                 (error.kind == MOAT_START_FAILED ? textOf(error.trap) : error.text));
}

Error InstanceModel::registerInstance(const Command &command) {
  std::optional<size_t> index = names.find(command.name);
  if (!index)
    return errorOf("no such instance");
  registered[command.as] = instances[*index];
  return Error::success();
}

Expected<moat_extern> InstanceModel::findField(const Action &action) {
  std::optional<size_t> index = names.find(action.module);
  if (!index)
    return errorOf("no such instance");
  moat_extern field = findExport(instances[*index], action.field);
  if (!field.object || field.kind != (action.isGet ? MOAT_GLOBAL : MOAT_FUNCTION))
    return errorOf("no such export");
  return field;
}

/// Both are the same bits.
static abi::Value bitsOf(const moat_value &value) {
  static_assert(sizeof(abi::Value) == sizeof(moat_value));
  abi::Value bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

Error InstanceModel::runAction(const Command &command) {
  Expected<moat_extern> field = findField(command.action);
  if (!field)
    return field.takeError();
  ActionResult result;
  if (command.action.isGet) {
    result.values = {bitsOf(moat_get_global(&*field))};
    return judge(command, result);
  }
  std::vector<moat_value> values(1000);
  for (size_t i = 0; i != command.action.arguments.size(); ++i) {
    abi::Value argument = toBits(command.action.arguments[i]);
    memcpy(&values[i], &argument, sizeof argument);
  }
  moat_trap_info trap = {};
  moat_ending ending = moat_call(*field, values.data(), &trap);
  if (ending == MOAT_RETURNED) {
    size_t count;
    moat_function_arity(&*field, nullptr, &count);
    for (const moat_value &value : ArrayRef(values).take_front(count))
      result.values.push_back(bitsOf(value));
  } else if (ending == MOAT_THREW) {
    result.hasException = true;
  } else {
    result.trap = textOf(trap);
  }
  return judge(command, result);
}

static void print(void *, moat_value *) {}

/// The host module of the suite's README, fresh for each script.
void InstanceModel::provideSpectest() {
  spectest["print"] = moat_make_function(store, "(func)", print, nullptr);
  for (const char *type : {"i32", "i64", "f32", "f64", "i32 f32", "f64 f64"}) {
    std::string name = std::string("print_") + type;
    std::replace(name.begin(), name.end(), ' ', '_');
    std::string text = std::string("(func (param ") + type + "))";
    spectest[name] = moat_make_function(store, text.c_str(), print, nullptr);
  }
  auto makeGlobal = [&](const char *name, moat_kind kind, auto moat_value::*member,
                        auto number) {
    moat_value value = {};
    value.*member = number;
    spectest[name] = moat_make_global(store, kind, false, value);
  };
  makeGlobal("global_i32", MOAT_I32, &moat_value::i32, 666u);
  makeGlobal("global_i64", MOAT_I64, &moat_value::i64, uint64_t(666));
  makeGlobal("global_f32", MOAT_F32, &moat_value::f32, 666.6f);
  makeGlobal("global_f64", MOAT_F64, &moat_value::f64, 666.6);
  spectest["table"] = moat_make_table(store, MOAT_FUNCREF, false, 10, 20);
  spectest["table64"] = moat_make_table(store, MOAT_FUNCREF, true, 10, 20);
  spectest["memory"] = moat_make_memory(store, 1, 2, false);
  spectest["shared_memory"] = moat_make_memory(store, 1, 2, true);
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
  moat_store_options storeOptions = {};
  storeOptions.prefers_unguarded = options.checkedBounds;
  storeOptions.stresses_heap = options.stressesHeap;
  store = moat_create_store(&storeOptions);
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
