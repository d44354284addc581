// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Each key is a row of a table: its name, and what reads its value. A reader
// says what it wanted; the path to the value is put in front on the way out.

#include "ManifestFile.h"
#include "Diagnostics.h"
#include "Manifest.h"
#include "llvm/ADT/STLExtras.h"

using namespace moat;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

// JSON.

Expected<Value> moat::parseJson(StringRef text) {
  constexpr unsigned mostNested = 64;
  unsigned depth = 0;
  bool isString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (isString && c == '\\')
      ++i;
    else if (c == '"')
      isString = !isString;
    else if (!isString && (c == '[' || c == '{') && ++depth > mostNested)
      return errorOf("not a manifest: nested too deeply");
    else if (!isString && (c == ']' || c == '}') && depth)
      --depth;
  }
  Expected<Value> value = llvm::json::parse(text);
  if (!value)
    return errorOf("not JSON: " + toString(value.takeError()));
  return value;
}

/// The error of a value, with the key that leads to it in front.
static Error below(const Twine &key, Error error) {
  std::string text = toString(std::move(error));
  bool isPath = StringRef(text).starts_with("[");
  return errorOf(key +
                 (isPath                           ? ""
                  : StringRef(text).contains(": ") ? "."
                                                   : ": ") +
                 text);
}

static Error wanted(const Twine &what) { return errorOf("expected " + what); }

namespace {

/// A key of an object, and what reads its value into a T.
template <typename T>
struct Key {
  StringRef name;
  Error (*read)(const Value &value, T &result);
};

} // namespace

/// Reads every member of an object by its key's row.
template <typename T>
static Error readObject(const Value &value, T &result, ArrayRef<Key<T>> keys) {
  const Object *object = value.getAsObject();
  if (!object)
    return wanted("an object");
  for (const auto &[name, member] : *object) {
    const Key<T> *key = llvm::find_if(
        keys, [&](const Key<T> &k) { return k.name == StringRef(name); });
    if (key == keys.end())
      return errorOf("unknown key '" + StringRef(name) + "'");
    if (Error error = key->read(member, result))
      return below(StringRef(name), std::move(error));
  }
  return Error::success();
}

static Error readString(const Value &value, std::string &result) {
  std::optional<StringRef> text = value.getAsString();
  if (!text)
    return wanted("a string");
  result = text->str();
  return Error::success();
}

static Error readBool(const Value &value, bool &result) {
  std::optional<bool> flag = value.getAsBoolean();
  if (!flag)
    return wanted("true or false");
  result = *flag;
  return Error::success();
}

static Error readStrings(const Value &value, std::vector<std::string> &result) {
  const Array *array = value.getAsArray();
  if (!array)
    return wanted("an array of strings");
  for (auto [index, element] : llvm::enumerate(*array))
    if (Error error = readString(element, result.emplace_back()))
      return below("[" + Twine(index) + "]", std::move(error));
  return Error::success();
}

static Error readBase(const Value &value, PathBase &result) {
  std::optional<StringRef> text = value.getAsString();
  if (text == StringRef("executable"))
    result = PathBase::Executable;
  else if (text == StringRef("working-directory"))
    result = PathBase::WorkingDirectory;
  else
    return wanted("\"executable\" or \"working-directory\"");
  return Error::success();
}

// The keys.

/// Reads a member of a structure.
#define MEMBER(reader, member)                                                 \
  [](const Value &value, auto &result) { return reader(value, result.member); }

static constexpr Key<PreopenOption> directoryKeys[] = {
    {"host", MEMBER(readString, hostPath)},
    {"guest", MEMBER(readString, guestPath)},
    {"read-only", MEMBER(readBool, isReadOnly)},
    {"relative-to", MEMBER(readBase, base)},
};

static Error readDirectories(const Value &value, Capabilities &result) {
  const Array *array = value.getAsArray();
  if (!array)
    return wanted("an array of objects");
  for (auto [index, element] : llvm::enumerate(*array)) {
    PreopenOption &preopen = result.preopens.emplace_back();
    Error error = readObject<PreopenOption>(element, preopen, directoryKeys);
    if (!error && preopen.hostPath.empty())
      error = wanted("a key 'host'");
    if (error)
      return below("[" + Twine(index) + "]", std::move(error));
    if (preopen.guestPath.empty())
      preopen.guestPath = preopen.hostPath;
  }
  return Error::success();
}

static constexpr Key<StreamOption> streamKeys[] = {
    {"file", MEMBER(readString, hostPath)},
    {"append", MEMBER(readBool, isAppend)},
    {"relative-to", MEMBER(readBase, base)},
};

static Error readStream(const Value &value, StreamOption &result) {
  std::optional<StringRef> text = value.getAsString();
  result.kind = StreamOption::File;
  if (text == StringRef("inherit"))
    result.kind = StreamOption::Inherit;
  else if (text == StringRef("null"))
    result.kind = StreamOption::Null;
  else if (!value.getAsObject())
    return wanted("\"inherit\", \"null\" or an object");
  else
    return readObject<StreamOption>(value, result, streamKeys);
  return Error::success();
}

static Error readLimits(const Value &value, Capabilities &result) {
  const Object *object = value.getAsObject();
  if (!object)
    return wanted("an object");
  for (const auto &[name, member] : *object) {
    const abi::LimitRow *row =
        llvm::find_if(abi::limitRows, [&](const abi::LimitRow &row) {
          return StringRef(name) == row.option;
        });
    if (row == std::end(abi::limitRows))
      return errorOf("unknown key '" + StringRef(name) + "'");
    std::optional<uint64_t> number = member.getAsUINT64();
    std::optional<StringRef> text = member.getAsString();
    Expected<uint64_t> limit = number && row->unit != abi::LimitUnit::Time
                                   ? Expected<uint64_t>(*number)
                                   : parseLimit(*row, text.value_or(""));
    if (!limit)
      return below(StringRef(name), limit.takeError());
    result.limits[row - abi::limitRows] = *limit;
  }
  return Error::success();
}

static Error readLayers(const Value &value, Capabilities &result) {
  std::vector<std::string> names;
  if (Error error = readStrings(value, names))
    return error;
  uint32_t layers = 0;
  for (const std::string &name : names)
    if (Error error = parseHardenLayers("+" + name, layers)) {
      consumeError(std::move(error)); // it speaks of the option's spelling
      return errorOf("'" + name + "' is no layer of defence");
    }
  result.hardenLayers = layers;
  return Error::success();
}

static constexpr Key<Capabilities> manifestKeys[] = {
    {"dirs", readDirectories},
    {"env", MEMBER(readStrings, environment)},
    {"args", MEMBER(readStrings, arguments)},
    {"listen", MEMBER(readStrings, sockets)},
    {"stdin", MEMBER(readStream, streams[0])},
    {"stdout", MEMBER(readStream, streams[1])},
    {"stderr", MEMBER(readStream, streams[2])},
    {"limits", readLimits},
    {"harden", readLayers},
    {"require-hardening", MEMBER(readBool, requiresHardening)},
    {"filter-terminal", MEMBER(readBool, filtersTerminal)},
    {"open", MEMBER(readBool, isOpen)},
};

Expected<Capabilities> moat::parseManifestFile(StringRef text) {
  Expected<Value> value = parseJson(text);
  if (!value)
    return value.takeError();
  const Value *manifest = &*value;
  if (const Object *object = value->getAsObject())
    if (const Value *inner = object->get("manifest"))
      manifest = inner;
  Capabilities capabilities;
  if (Error error =
          readObject<Capabilities>(*manifest, capabilities, manifestKeys))
    return std::move(error);
  if (Error error = checkCapabilities(capabilities))
    return std::move(error);
  return capabilities;
}

// Writing.

static std::string textToJson(StringRef text) {
  return llvm::json::fixUTF8(text);
}

static Array textsToJson(ArrayRef<std::string> texts) {
  Array array;
  for (const std::string &text : texts)
    array.push_back(textToJson(text));
  return array;
}

static void addBase(Object &object, PathBase base) {
  if (base == PathBase::Executable)
    object["relative-to"] = "executable";
}

static Value streamToJson(const StreamOption &stream) {
  if (stream.kind != StreamOption::File)
    return stream.kind == StreamOption::Null ? "null" : "inherit";
  Object object{{"file", textToJson(stream.hostPath)}};
  if (stream.isAppend)
    object["append"] = true;
  addBase(object, stream.base);
  return Value(std::move(object));
}

Array moat::layersToJson(uint32_t layers) {
  Array array;
#define LAYER(name, spelling, text)                                            \
  if (layers & abi::Harden##name)                                              \
    array.push_back(spelling);
#include "moat/abi/Hardening.def"
  return array;
}

Object moat::manifestToJson(const Capabilities &capabilities) {
  Object result;
  Array directories;
  for (const PreopenOption &preopen : capabilities.preopens) {
    Object object{{"host", textToJson(preopen.hostPath)},
                  {"guest", textToJson(preopen.guestPath)}};
    if (preopen.isReadOnly)
      object["read-only"] = true;
    addBase(object, preopen.base);
    directories.push_back(std::move(object));
  }
  if (!directories.empty())
    result["dirs"] = std::move(directories);
  if (!capabilities.environment.empty())
    result["env"] = textsToJson(capabilities.environment);
  if (!capabilities.arguments.empty())
    result["args"] = textsToJson(capabilities.arguments);
  if (!capabilities.sockets.empty())
    result["listen"] = textsToJson(capabilities.sockets);
  constexpr StringRef streamNames[] = {"stdin", "stdout", "stderr"};
  for (auto [stream, name] : llvm::zip(capabilities.streams, streamNames))
    if (stream.kind != StreamOption::Inherit)
      result[name] = streamToJson(stream);
  Object limits;
  for (auto [limit, row] : llvm::zip(capabilities.limits, abi::limitRows))
    if (limit)
      limits[row.option] = formatLimit(row, *limit);
  if (!limits.empty())
    result["limits"] = std::move(limits);
  if (capabilities.hardenLayers)
    result["harden"] = layersToJson(*capabilities.hardenLayers);
  if (capabilities.requiresHardening)
    result["require-hardening"] = true;
  if (capabilities.filtersTerminal)
    result["filter-terminal"] = true;
  if (capabilities.isOpen)
    result["open"] = true;
  return result;
}
