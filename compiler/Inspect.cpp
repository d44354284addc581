// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Everything is gathered as JSON first, and the text is made of that. What
// stands in a file was written by anybody: sections may be missing, damaged or
// of another version, and names may hold anything, so they are escaped.

#include "Inspect.h"
#include "Decode/Decode.h"
#include "Describe.h"
#include "Diagnostics.h"
#include "Manifest.h"
#include "ManifestFile.h"
#include "Validate/Validate.h"
#include "moat/abi/Manifest.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace moat;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

static constexpr char licencesSection[] = ".moat.licences";

// Gathering.

namespace {

/// The sections of a file that moat has made.
struct Sections {
  std::optional<StringRef> manifest, description, licences;
};

} // namespace

static Expected<Sections> readSections(llvm::object::ObjectFile &file) {
  Sections sections;
  for (const llvm::object::SectionRef &section : file.sections()) {
    Expected<StringRef> name = section.getName();
    if (!name)
      return name.takeError();
    std::optional<StringRef> *place =
        *name == abi::manifestSection ? &sections.manifest
        : *name == descriptionSection ? &sections.description
        : *name == licencesSection    ? &sections.licences
                                      : nullptr;
    if (!place)
      continue;
    Expected<StringRef> contents = section.getContents();
    if (!contents)
      return contents.takeError();
    *place = *contents;
  }
  return sections;
}

static StringRef kindOf(const llvm::object::ELFObjectFileBase &file,
                        const Sections &sections) {
  switch (file.getEType()) {
  case llvm::ELF::ET_REL:
    return "object";
  case llvm::ELF::ET_DYN:
    return sections.manifest ? "program" : "library";
  default:
    return "program";
  }
}

static Expected<Object>
describeCompiled(const llvm::object::ELFObjectFileBase &file,
                 const Sections &sections) {
  Object result{{"kind", kindOf(file, sections)}};
  if (sections.description) {
    Expected<Value> module = parseJson(sections.description->rtrim('\0'));
    if (!module)
      return errorOf(Twine("damaged section ") + descriptionSection + ": " +
                     toString(module.takeError()));
    if (!module->getAsObject())
      return errorOf(Twine("damaged section ") + descriptionSection);
    result["module"] = std::move(*module);
  }
  if (sections.manifest) {
    Expected<Capabilities> capabilities = decodeManifest(*sections.manifest);
    if (!capabilities)
      return capabilities.takeError();
    // A manifest says so where not all of them are wanted.
    capabilities->hardenLayers =
        capabilities->hardenLayers.value_or(abi::allHardenLayers);
    result["sealed"] = !capabilities->isOpen;
    // Where nothing is baked in, to be open needs no word.
    capabilities->isOpen &= isSealedByContents(*capabilities);
    result["manifest"] = manifestToJson(*capabilities);
  }
  return result;
}

/// What a program needs to be granted to make use of its imports, and which
/// those are.
static Array suggestGrants(const Object &module) {
  struct Rule {
    StringRef grant;
    bool (*concerns)(StringRef function);
  };
  static constexpr Rule rules[] = {
      {"--dir=HOST::GUEST",
       [](StringRef f) { return f.starts_with("path_") || f == "fd_readdir"; }},
      {"--env=NAME", [](StringRef f) { return f.starts_with("environ_"); }},
      {"arguments, or --arg=TEXT",
       [](StringRef f) { return f.starts_with("args_"); }},
      {"standard streams, or --stdin, --stdout, --stderr",
       [](StringRef f) { return f == "fd_read" || f == "fd_write"; }},
      {"--listen=ADDRESS", [](StringRef f) { return f.starts_with("sock_"); }},
  };
  Array result;
  auto add = [&](StringRef grant, Array functions) {
    if (!functions.empty())
      result.push_back(
          Object{{"grant", grant}, {"imports", std::move(functions)}});
  };
  auto collect = [&](auto concerns) {
    Array functions;
    for (const Value &value : *module.getArray("imports")) {
      const Object &import = *value.getAsObject();
      if (concerns(*import.getString("module"), *import.getString("field")))
        functions.push_back(import.getString("field")->str());
    }
    return functions;
  };
  auto isWasi = [](StringRef name) {
    return name == "wasi_snapshot_preview1" || name == "wasi_unstable";
  };
  for (const Rule &rule : rules)
    add(rule.grant, collect([&](StringRef name, StringRef field) {
          return isWasi(name) && rule.concerns(field);
        }));
  add("an object on moat's command line that provides them",
      collect([&](StringRef name, StringRef) {
        return !isWasi(name) && name != "wasi" && name != "bench";
      }));
  return result;
}

static Expected<Object> describeModule(StringRef bytes,
                                       const std::string &name) {
  std::unique_ptr<llvm::MemoryBuffer> binary;
  if (!bytes.starts_with(StringRef("\0asm", 4))) {
    auto text = llvm::MemoryBuffer::getMemBuffer(
        bytes, name, /*RequiresNullTerminator=*/false);
    auto parsed = parseText(*text);
    if (!parsed)
      return parsed.takeError();
    binary = std::move(*parsed);
    bytes = binary->getBuffer();
  }
  FeatureSet features = FeatureSet::all();
  auto module = decode(llvm::arrayRefFromStringRef(bytes), features);
  if (!module)
    return module.takeError();
  if (Error error = validateModule(*module, features))
    return std::move(error);
  if (Error error =
          validateFunctions(*module, features, 0, module->functions.size()))
    return std::move(error);
  Object description = describe(*module);
  Array grants = suggestGrants(description);
  return Object{{"kind", "module"},
                {"module", std::move(description)},
                {"needs", std::move(grants)}};
}

// Text.

namespace {

class TextWriter {
public:
  explicit TextWriter(std::string &output) : os(output) {}
  void write(const Object &all, StringRef name);

private:
  void writeManifest(const Object &manifest);
  void writeDirectory(const Object &directory);
  void writeStream(StringRef name, const Value &value);
  void writeBuilder(const Object &builder);
  void writeModule(const Object &module);
  void writeExtern(const Object &object, const Twine &name);
  void writeMemory(const Object &memory);
  void writeList(StringRef title, const Array *list);
  void writeNeeds(const Array &needs);

  /// Text from the file: control characters escaped.
  void put(StringRef text) { llvm::printEscapedString(text, os); }
  static StringRef text(const Object &object, StringRef key) {
    return object.getString(key).value_or("?");
  }

  llvm::raw_string_ostream os;
};

} // namespace

void TextWriter::writeList(StringRef title, const Array *list) {
  if (!list || list->empty())
    return;
  os << title;
  for (const Value &value : *list) {
    os << " ";
    put(value.getAsString().value_or("?"));
  }
  os << "\n";
}

static StringRef baseText(const Object &object) {
  return object.getString("relative-to") == StringRef("executable")
             ? " (beside the program)"
             : "";
}

void TextWriter::writeDirectory(const Object &directory) {
  os << "  directory ";
  put(text(directory, "guest"));
  os << ": ";
  put(text(directory, "host"));
  os << baseText(directory)
     << (directory.getBoolean("read-only").value_or(false) ? ", only to read"
                                                           : "")
     << "\n";
}

void TextWriter::writeStream(StringRef name, const Value &value) {
  os << "  " << name << ": ";
  if (const Object *file = value.getAsObject()) {
    put(text(*file, "file"));
    os << baseText(*file)
       << (file->getBoolean("append").value_or(false) ? ", appended to" : "");
  } else {
    put(value.getAsString().value_or("?"));
  }
  os << "\n";
}

void TextWriter::writeManifest(const Object &manifest) {
  if (const Array *directories = manifest.getArray("dirs"))
    for (const Value &directory : *directories)
      writeDirectory(*directory.getAsObject());
  for (auto [key, title] :
       {std::pair{"env", "  variable "}, std::pair{"args", "  argument "},
        std::pair{"listen", "  socket "}})
    if (const Array *list = manifest.getArray(key))
      for (const Value &value : *list) {
        os << title;
        put(*value.getAsString());
        os << "\n";
      }
  for (StringRef stream : {"stdin", "stdout", "stderr"})
    if (const Value *value = manifest.get(stream))
      writeStream(stream, *value);
  if (const Object *limits = manifest.getObject("limits"))
    for (const abi::LimitRow &row : abi::limitRows)
      if (std::optional<StringRef> value = limits->getString(row.option))
        os << "  limit on " << row.text << ": " << *value << "\n";
  if (manifest.getBoolean("filter-terminal").value_or(false))
    os << "  control characters are kept from a terminal\n";
  writeList("  hardened by:", manifest.getArray("harden"));
  if (manifest.getBoolean("require-hardening").value_or(false))
    os << "  does not start where the kernel lacks one of them\n";
}

void TextWriter::writeExtern(const Object &object, const Twine &name) {
  os << "  ";
  put(name.str());
  os << ": ";
  put(text(object, "kind"));
  os << " ";
  put(text(object, "type"));
  os << "\n";
}

void TextWriter::writeMemory(const Object &memory) {
  os << "memory: " << memory.getInteger("pages").value_or(0) << " pages of "
     << memory.getInteger("page-size").value_or(0) << " bytes, ";
  if (std::optional<int64_t> maximum = memory.getInteger("maximum"))
    os << "at most " << *maximum << "\n";
  else
    os << "no maximum\n";
}

void TextWriter::writeModule(const Object &module) {
  if (std::optional<StringRef> name = module.getString("name")) {
    os << "module: ";
    put(*name);
    os << "\n";
  }
  writeList("features:", module.getArray("features"));
  if (const Array *memories = module.getArray("memories"))
    for (const Value &memory : *memories)
      if (const Object *object = memory.getAsObject())
        writeMemory(*object);
  auto writeAll = [&](StringRef key, auto nameOf) {
    const Array *list = module.getArray(key);
    if (!list || list->empty())
      return;
    os << key << ":\n";
    for (const Value &value : *list)
      if (const Object *object = value.getAsObject())
        writeExtern(*object, nameOf(*object));
  };
  writeAll("imports", [](const Object &object) {
    return (text(object, "module") + "." + text(object, "field")).str();
  });
  writeAll("exports",
           [](const Object &object) { return text(object, "name").str(); });
}

void TextWriter::writeNeeds(const Array &needs) {
  if (needs.empty())
    return;
  os << "what it can be given, and which imports use it:\n";
  for (const Value &value : needs) {
    const Object &need = *value.getAsObject();
    writeList(("  " + text(need, "grant") + ":").str(),
              need.getArray("imports"));
  }
}

void TextWriter::writeBuilder(const Object &builder) {
  for (auto [key, title] :
       {std::pair{"target", " for "}, std::pair{"moat", ", built by moat "},
        std::pair{"llvm", ", LLVM "}, std::pair{"cpu", "\nprocessor: "}}) {
    os << title;
    put(text(builder, key));
  }
  if (const Array *versions = builder.getArray("versions-for")) {
    os << ", with versions for";
    for (const Value &version : *versions) {
      os << ' ';
      put(version.getAsString().value_or(""));
    }
  }
}

void TextWriter::write(const Object &all, StringRef name) {
  put(name);
  os << ": " << text(all, "kind");
  const Object *module = all.getObject("module");
  if (const Object *builder = module ? module->getObject("built-by") : nullptr)
    writeBuilder(*builder);
  os << "\n";
  if (const Object *manifest = all.getObject("manifest")) {
    os << (all.getBoolean("sealed").value_or(false)
               ? "sealed: it may use this, and nobody can widen it\n"
               : "open: it may use this, and what --wasi-... options give "
                 "it\n");
    writeManifest(*manifest);
  }
  if (module)
    writeModule(*module);
  if (const Array *needs = all.getArray("needs"))
    writeNeeds(*needs);
}

// All of it.

static Error inspectFile(StringRef bytes, const std::string &name,
                         InspectAs form, std::string &output) {
  Expected<Object> all = Object();
  if (bytes.starts_with("\x7f"
                        "ELF")) {
    auto file = llvm::object::ObjectFile::createELFObjectFile({bytes, name});
    if (!file)
      return errorOf("damaged ELF file: " + toString(file.takeError()));
    Expected<Sections> sections = readSections(**file);
    if (!sections)
      return errorOf("damaged ELF file: " + toString(sections.takeError()));
    if (!sections->manifest && !sections->description)
      return errorOf("not made by moat: it has no section " +
                     Twine(descriptionSection));
    if (form == InspectAs::Licences) {
      output = sections->licences.value_or("nothing is owed\n").str();
      return Error::success();
    }
    all = describeCompiled(llvm::cast<llvm::object::ELFObjectFileBase>(**file),
                           *sections);
  } else if (bytes.starts_with("!<arch>")) {
    return errorOf("an archive, not a file that moat has made");
  } else if (form == InspectAs::Licences) {
    return errorOf("--licences: not a compiled file");
  } else {
    all = describeModule(bytes, name);
  }
  if (!all)
    return all.takeError();
  if (form == InspectAs::Json) {
    llvm::raw_string_ostream(output)
        << llvm::formatv("{0:2}\n", Value(std::move(*all)));
    return Error::success();
  }
  TextWriter(output).write(*all, name);
  return Error::success();
}

std::optional<CompileError> moat::inspect(std::span<const uint8_t> file,
                                          const std::string &name,
                                          InspectAs form, std::string &output) {
  StringRef bytes(reinterpret_cast<const char *>(file.data()), file.size());
  Error error = inspectFile(bytes, name, form, output);
  if (!error)
    return std::nullopt;
  std::string text = toString(std::move(error));
  bool namesFile = StringRef(text).starts_with(name + ":");
  return CompileError{CompileError::Input,
                      namesFile ? text : name + ": " + text};
}
