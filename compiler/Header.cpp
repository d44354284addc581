// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Writes the C header of a library. An export is a declared function, which the
// library defines (Lower/Entry.cpp); everything else is inline, over moat.h.
//
// Names: `<library>_<export>`, spelled by symbol rule of abi/Layout.h (letters,
// digits and single underscores stay). What the header adds of its own has two
// underscores in a row, which no export's name can have: `<library>__create`,
// `<library>_<export>__try`.

#include "Header.h"
#include "Lower/Lower.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <set>

using namespace moat;

namespace {
class HeaderWriter {
public:
  HeaderWriter(const Module &module, StringRef library, StringRef inputName)
      : module(module), library(library), inputName(inputName), os(text) {}
  std::string run();

private:
  void writeExport(const Export &exported, size_t index);
  void writeFunction(const Export &exported, size_t index);
  void writeMemory(const Export &exported, size_t index);
  void writeTable(const Export &exported, size_t index);
  void writeGlobal(const Export &exported, size_t index);
  void writeTag(const Export &exported, size_t index);
  void writeImports();
  void writeCreate();

  std::string symbol(StringRef exported) const {
    return librarySymbol(library, exported);
  }
  std::string instance() const { return (library + " *instance").str(); }
  void writeResults(const std::string &name, const FuncType &type);
  std::string resultType(const std::string &name, const FuncType &type) const;
  void writeExtern(const std::string &name, size_t index);

  const Module &module;
  StringRef library;
  StringRef inputName;
  std::string text;
  llvm::raw_string_ostream os;
};

/// An import that is named for the first time.
struct NamedImport {
  const Import *import;
  size_t index;
  std::string name;
};
} // namespace

static StringRef typeName(ValType type) {
  switch (type.kind) {
  case ValType::I32:
    return "uint32_t";
  case ValType::I64:
    return "uint64_t";
  case ValType::F32:
    return "float";
  case ValType::F64:
    return "double";
  case ValType::V128:
    return "moat_v128";
  case ValType::Ref:
  case ValType::Bottom:
    break;
  }
  return "void *";
}

/// The member of moat_value that holds a type.
static std::string memberName(ValType type) {
  if (type.isNumber())
    return toString(type);
  return type == ValType::V128 ? "vector" : "ref";
}

/// What a text in a comment may not end or continue. A function of 1,000
/// parameters, the most there can be, fits.
static std::string inComment(StringRef text) {
  constexpr size_t longest = 20000;
  std::string safe;
  for (char c : text.take_front(longest))
    safe += llvm::isPrint(c) && c != '*' && c != '\\' && c != '/' ? c : '?';
  return text.size() > longest ? safe + "..." : safe;
}

static std::string parameters(const FuncType &type) {
  std::string list;
  for (auto [i, param] : llvm::enumerate(type.params))
    list += (", " + typeName(param) + " p" + Twine(i)).str();
  return list;
}

static std::string arguments(const FuncType &type) {
  std::string list;
  for (size_t i = 0; i < type.params.size(); ++i)
    list += (", p" + Twine(i)).str();
  return list;
}

std::string HeaderWriter::resultType(const std::string &name,
                                     const FuncType &type) const {
  if (type.results.empty())
    return "void";
  return type.results.size() == 1 ? typeName(type.results[0]).str()
                                  : name + "__results";
}

void HeaderWriter::writeResults(const std::string &name, const FuncType &type) {
  if (type.results.size() < 2)
    return;
  os << "typedef struct " << name << "__results {\n";
  for (auto [i, result] : llvm::enumerate(type.results))
    os << "  " << typeName(result) << " r" << i << ";\n";
  os << "} " << name << "__results;\n";
}

void HeaderWriter::writeFunction(const Export &exported, size_t index) {
  const FuncType &type = module.funcType(exported.index);
  std::string name = symbol(exported.name);
  os << "/** " << inComment(toString(type)) << " */\n";
  writeResults(name, type);
  bool hasMany = type.results.size() > 1;
  std::string result = resultType(name, type);
  if (!hasMany) {
    os << result << " " << name << "(" << instance() << parameters(type)
       << ");\n";
  } else {
    os << "void " << name << "__values(" << instance()
       << ", moat_value *results" << parameters(type) << ");\n"
       << "static inline " << result << " " << name << "(" << instance()
       << parameters(type) << ") {\n"
       << "  moat_value values[" << type.results.size() << "];\n"
       << "  " << result << " results;\n"
       << "  " << name << "__values(instance, values" << arguments(type)
       << ");\n";
    for (auto [i, each] : llvm::enumerate(type.results))
      os << "  results.r" << i << " = values[" << i << "]." << memberName(each)
         << ";\n";
    os << "  return results;\n}\n";
  }

  size_t room =
      std::max<size_t>(1, std::max(type.params.size(), type.results.size()));
  os << "static inline moat_ending " << name << "__try(" << instance()
     << parameters(type);
  if (!type.results.empty())
    os << ", " << result << " *result";
  os << ", moat_trap_info *trap) {\n"
     << "  moat_value values[" << room << "];\n  moat_ending ending;\n";
  for (auto [i, param] : llvm::enumerate(type.params))
    os << "  values[" << i << "]." << memberName(param) << " = p" << i << ";\n";
  os << "  ending = moat_call_export((moat_instance *)instance, " << index
     << ", values, trap);\n";
  if (type.results.size() == 1)
    os << "  if (ending == MOAT_RETURNED)\n    *result = values[0]."
       << memberName(type.results[0]) << ";\n";
  if (hasMany) {
    os << "  if (ending == MOAT_RETURNED) {\n";
    for (auto [i, each] : llvm::enumerate(type.results))
      os << "    result->r" << i << " = values[" << i << "]."
         << memberName(each) << ";\n";
    os << "  }\n";
  }
  os << "  return ending;\n}\n";
}

void HeaderWriter::writeExtern(const std::string &name, size_t index) {
  os << "static inline moat_extern " << name << "(" << instance() << ") {\n"
     << "  return moat_export_at((moat_instance *)instance, " << index
     << ", 0, 0);\n}\n";
}

void HeaderWriter::writeMemory(const Export &exported, size_t index) {
  std::string name = symbol(exported.name);
  os << "/** A memory. Base and size are good until it grows; read and write "
        "check bounds. */\n";
  writeExtern(name, index);
  auto begin = [&](StringRef type, StringRef suffix, StringRef more) {
    os << "static inline " << type << name << suffix << "(" << instance()
       << more << ") {\n  moat_extern memory = " << name << "(instance);\n";
  };
  begin("uint8_t *", "__base", "");
  os << "  return moat_memory_base(&memory);\n}\n";
  begin("uint64_t ", "__size", "");
  os << "  return moat_memory_size(&memory);\n}\n";
  begin("bool ", "__read", ", uint64_t address, void *to, size_t size");
  os << "  return moat_read_memory(&memory, address, to, size);\n}\n";
  begin("bool ", "__write",
        ", uint64_t address, const void *from, size_t size");
  os << "  return moat_write_memory(&memory, address, from, size);\n}\n";
}

void HeaderWriter::writeTable(const Export &exported, size_t index) {
  std::string name = symbol(exported.name);
  os << "/** A table of "
     << inComment(toString(module.tables[exported.index].type.element))
     << ". */\n";
  writeExtern(name, index);
  os << "static inline uint64_t " << name << "__size(" << instance() << ") {\n"
     << "  moat_extern table = " << name << "(instance);\n"
     << "  return moat_table_size(&table);\n}\n"
     << "static inline bool " << name << "__get(" << instance()
     << ", uint64_t index, void **element) {\n"
     << "  moat_extern table = " << name << "(instance);\n"
     << "  return moat_get_element(&table, index, element);\n}\n"
     << "static inline bool " << name << "__set(" << instance()
     << ", uint64_t index, void *element) {\n"
     << "  moat_extern table = " << name << "(instance);\n"
     << "  return moat_set_element(&table, index, element);\n}\n";
}

void HeaderWriter::writeGlobal(const Export &exported, size_t index) {
  std::string name = symbol(exported.name);
  const GlobalType &type = module.globals[exported.index].type;
  os << "/** A global of type " << inComment(toString(type.type)) << ". */\n";
  writeExtern(name, index);
  os << "static inline " << typeName(type.type) << " " << name << "__get("
     << instance() << ") {\n  moat_extern global = " << name << "(instance);\n"
     << "  return moat_get_global(&global)." << memberName(type.type)
     << ";\n}\n";
  if (!type.isMutable)
    return;
  os << "static inline bool " << name << "__set(" << instance() << ", "
     << typeName(type.type) << " number) {\n  moat_extern global = " << name
     << "(instance);\n  moat_value value;\n  value." << memberName(type.type)
     << " = number;\n  return moat_set_global(&global, value);\n}\n";
}

void HeaderWriter::writeTag(const Export &exported, size_t index) {
  std::string name = symbol(exported.name);
  const FuncType &type =
      module.types[module.tags[exported.index].typeIndex].func;
  os << "/** A tag, " << inComment(toString(type))
     << ": whether a call threw it, and for functions of the host\n * to throw "
        "it. */\n";
  writeExtern(name, index);
  os << "static inline bool " << name << "__is(" << instance()
     << ", const moat_trap_info *trap) {\n"
     << "  return trap->exception &&\n"
     << "         moat_exception_tag(moat_store_of((moat_instance *)instance), "
        "trap).object ==\n             "
     << name << "(instance).object;\n}\n"
     << "MOAT_NORETURN static inline void " << name << "__throw(" << instance()
     << parameters(type) << ") {\n  moat_value values["
     << std::max<size_t>(1, type.params.size()) << "];\n";
  for (auto [i, param] : llvm::enumerate(type.params))
    os << "  values[" << i << "]." << memberName(param) << " = p" << i << ";\n";
  os << "  moat_throw(" << name << "(instance), values);\n}\n";
}

void HeaderWriter::writeExport(const Export &exported, size_t index) {
  os << "\n";
  switch (exported.kind) {
  case ExternKind::Func:
    return writeFunction(exported, index);
  case ExternKind::Memory:
    return writeMemory(exported, index);
  case ExternKind::Table:
    return writeTable(exported, index);
  case ExternKind::Global:
    return writeGlobal(exported, index);
  case ExternKind::Tag:
    return writeTag(exported, index);
  }
}

/// Imports of one name are one thing; of several types nothing could be all.
static std::vector<NamedImport> namedImports(const Module &module) {
  std::vector<NamedImport> named;
  std::set<std::string> seen;
  for (auto [index, import] : llvm::enumerate(module.imports)) {
    std::string name = importMember(import.module, import.field);
    if (seen.insert(name).second)
      named.push_back({&import, index, name});
  }
  return named;
}

void HeaderWriter::writeImports() {
  std::vector<NamedImport> imports = namedImports(module);
  for (const NamedImport &each : imports)
    if (each.import->kind == ExternKind::Func)
      writeResults((library + "__" + each.name).str(),
                   module.funcType(each.import->index));
  os << "/** What the module imports: of functions, either a C function here, "
        "which gets\n * `context` first, or, like everything else, something "
        "in `others`\n * (another instance's export, WASI). What is here goes "
        "before `others`. */\n"
     << "typedef struct " << library << "__imports {\n"
     << "  void *context;\n";
  for (const NamedImport &each : imports) {
    if (each.import->kind != ExternKind::Func) {
      os << "  moat_extern " << each.name << ";\n";
      continue;
    }
    const FuncType &type = module.funcType(each.import->index);
    os << "  " << resultType((library + "__" + each.name).str(), type) << " (*"
       << each.name << ")(void *context" << parameters(type) << ");\n";
  }
  os << "  const moat_import *others;\n  size_t other_count;\n} " << library
     << "__imports;\n\n";

  for (const NamedImport &each : imports) {
    if (each.import->kind != ExternKind::Func)
      continue;
    const FuncType &type = module.funcType(each.import->index);
    os << "static inline void " << library << "__call_" << each.name
       << "(void *context, moat_value *values) {\n  const " << library
       << "__imports *imports = (const " << library
       << "__imports *)context;\n  ";
    if (!type.results.empty())
      os << resultType((library + "__" + each.name).str(), type)
         << " result = ";
    os << "imports->" << each.name << "(imports->context";
    for (auto [i, param] : llvm::enumerate(type.params))
      os << ", values[" << i << "]." << memberName(param);
    os << ");\n";
    for (auto [i, each] : llvm::enumerate(type.results))
      os << "  values[" << i << "]." << memberName(each) << " = result"
         << (type.results.size() > 1 ? (".r" + Twine(i)).str() : "") << ";\n";
    os << "  (void)values;\n}\n";
  }
}

void HeaderWriter::writeCreate() {
  std::vector<NamedImport> imports = namedImports(module);
  os << "\n/** Makes an instance. It lives as long as the store. Null: `error` "
        "says why. `imports` is\n * copied, and may be null if there are none. "
        "*/\n"
     << "static inline " << library << " *" << library
     << "__create(moat_store *store, const " << library
     << "__imports *imports, moat_error *error) {\n"
     << "  " << library << "__imports none;\n"
     << "  " << library << "__imports *kept;\n"
     << "  moat_import *list;\n  size_t count;\n  moat_instance *made = 0;\n"
     << "  memset(&none, 0, sizeof none);\n"
     << "  if (!imports)\n    imports = &none;\n"
     << "  kept = (" << library
     << "__imports *)moat_keep_copy(store, imports, sizeof *imports);\n"
     << "  count = imports->other_count;\n"
     << "  list = (moat_import *)calloc(count + " << imports.size() + 1
     << ", sizeof *list);\n"
     << "  if (kept && list) {\n"
     << "    if (count)\n"
     << "      memcpy(list, imports->others, count * sizeof *list);\n";
  for (const NamedImport &each : imports) {
    os << "    if (imports->" << each.name
       << (each.import->kind == ExternKind::Func ? "" : ".object") << ")\n"
       << "      list[count++] = moat_import_for(&" << library << "__module, "
       << each.index << ", ";
    if (each.import->kind == ExternKind::Func)
      os << "moat_make_import(store, &" << library << "__module, " << each.index
         << ", " << library << "__call_" << each.name << ", kept)";
    else
      os << "imports->" << each.name;
    os << ");\n";
  }
  os << "    made = moat_instantiate(store, &" << library
     << "__module, list, count, error);\n"
     << "  } else if (error) {\n"
     << "    error->kind = MOAT_NO_RESOURCES;\n    error->code = 0;\n"
     << "    strcpy(error->text, \"no memory for imports\");\n  }\n"
     << "  free(list);\n  return (" << library << " *)made;\n}\n";
}

std::string HeaderWriter::run() {
  std::string guard = "MOAT_LIBRARY_" + library.upper() + "_H";
  os << "/* Made by moat of " << inComment(llvm::sys::path::filename(inputName))
     << ".\n *\n * An export `f` is " << library
     << "_f(instance, ...). Inside of moat_protect, or of a function\n"
        " * that the module calls, it costs a C call. Anywhere else small "
        "functions that call nothing\n * cost about the same, others some 2 ns "
        "more, and a trap ends the process.\n * "
     << library
     << "_f__try(instance, ..., &result, &trap) returns how it ended.\n"
     << " * In names every byte but letters, digits and single underscores is "
        "`$` and two\n * hexadecimal digits. */\n"
     << "#ifndef " << guard << "\n#define " << guard << "\n\n"
     // No warnings of what a program asks for of itself: casts as C has them,
     // `$` in names.
     << "#ifdef __GNUC__\n#pragma GCC system_header\n#endif\n\n"
     << "#include <moat/moat.h>\n#include <stdlib.h>\n#include <string.h>\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
     << "/** An instance. */\ntypedef struct " << library << " " << library
     << ";\n"
     << "/** The module. */\nextern const moat_module_descriptor " << library
     << "__module;\n"
     << "static inline moat_instance *" << library << "__instance("
     << instance() << ") {\n  return (moat_instance *)instance;\n}\n\n";
  writeImports();
  writeCreate();
  for (auto [index, exported] : llvm::enumerate(module.exports))
    writeExport(exported, index);
  os << "\n#ifdef __cplusplus\n} /* extern \"C\" */\n#endif\n\n#endif\n";
  return text;
}

std::string moat::makeHeader(const Module &module, StringRef library,
                             StringRef inputName) {
  return HeaderWriter(module, library, inputName).run();
}
