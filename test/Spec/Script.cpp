// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// JSON to Script, and the comparison of results with what a script expects of them.

#include "Script.h"

#include "Diagnostics.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cstring>
#include <iterator>

using namespace moat;
using namespace moat::spec;
namespace json = llvm::json;

static constexpr const char *commandNames[] = {
    "module", "module_definition", "module_instance", "register", "action",
    "assert_return", "assert_trap", "assert_exhaustion", "assert_exception",
    "assert_invalid", "assert_malformed", "assert_unlinkable", "assert_uninstantiable",
    "assert_invalid_custom", "assert_malformed_custom",
};
static_assert(std::size(commandNames) == commandKindCount);

StringRef moat::spec::toString(CommandKind kind) {
  return commandNames[static_cast<size_t>(kind)];
}

// Host references are addresses that nothing is mapped at, so that whoever follows one
// by mistake faults; even, so that they are no i31.
static constexpr uint64_t hostReferenceBase = 0x7e00'0000'0000'0000;

void *moat::spec::hostReference(uint64_t number, abi::Kind kind) {
  bool isExtern = kind == abi::Kind::Extern || kind == abi::Kind::NoExtern;
  return reinterpret_cast<void *>((hostReferenceBase + number * 16) |
                                  (isExtern ? 0 : abi::hostReferenceBit));
}

/// Whether a reference that is not null can be of \p kind, by the bits of it that say
/// what it is (abi/Layout.h, "Objects").
static bool canBe(uint64_t reference, abi::Kind kind) {
  bool isHost = reference & abi::hostReferenceBit, isI31 = !isHost && reference & 1;
  switch (kind) {
  case abi::Kind::I31: return isI31;
  case abi::Kind::Struct:
  case abi::Kind::Array: return !isHost && !isI31;
  case abi::Kind::Eq: return !isHost;
  default: return true;
  }
}

abi::Value moat::spec::toBits(const Value &value) {
  abi::Value bits;
  memset(&bits, 0, sizeof bits);
  if (value.reference == Value::Host)
    bits.ref = hostReference(value.hostNumber, value.kind);
  size_t position = 0;
  for (const Lane &lane : value.lanes) {
    memcpy(bits.v128 + position, &lane.bits, lane.sizeBytes);
    position += lane.sizeBytes;
  }
  return bits;
}

/// Whether \p bits are a NaN of \p lane's pattern. The sign is dropped; a canonical NaN
/// is then one number, and the arithmetic ones are those from it up.
static bool isNanOf(const Lane &lane, uint64_t bits) {
  uint64_t canonical = lane.sizeBytes == 4 ? 0x7fc0'0000 : 0x7ff8'0000'0000'0000;
  uint64_t magnitude = bits & (lane.sizeBytes == 4 ? 0x7fff'ffff : ~(uint64_t(1) << 63));
  return lane.pattern == Lane::CanonicalNan ? magnitude == canonical
                                            : magnitude >= canonical;
}

bool moat::spec::matches(const Value &expected, const abi::Value &actual) {
  switch (expected.reference) {
  case Value::Null:
    return actual.ref == nullptr;
  case Value::NonNull:
    return actual.ref && canBe(reinterpret_cast<uint64_t>(actual.ref), expected.kind);
  case Value::Host:
    return actual.ref == hostReference(expected.hostNumber, expected.kind);
  case Value::None:
    break;
  }
  size_t position = 0;
  for (const Lane &lane : expected.lanes) {
    uint64_t bits = 0;
    memcpy(&bits, actual.v128 + position, lane.sizeBytes);
    position += lane.sizeBytes;
    if (lane.pattern == Lane::Bits ? bits != lane.bits : !isNanOf(lane, bits))
      return false;
  }
  return true;
}

static StringRef kindName(abi::Kind kind) {
  switch (kind) {
  case abi::Kind::I32: return "i32";
  case abi::Kind::I64: return "i64";
  case abi::Kind::F32: return "f32";
  case abi::Kind::F64: return "f64";
  case abi::Kind::V128: return "v128";
  case abi::Kind::Func: return "funcref";
  case abi::Kind::Extern: return "externref";
  case abi::Kind::Any: return "anyref";
  case abi::Kind::Eq: return "eqref";
  case abi::Kind::I31: return "i31ref";
  case abi::Kind::Struct: return "structref";
  case abi::Kind::Array: return "arrayref";
  default: return "ref";
  }
}

static void printLane(raw_ostream &os, const Lane &lane, bool isFloat) {
  if (lane.pattern == Lane::CanonicalNan)
    os << "nan:canonical";
  else if (lane.pattern == Lane::ArithmeticNan)
    os << "nan:arithmetic";
  else if (isFloat)
    os << llvm::format_hex(lane.bits, 2 + 2 * lane.sizeBytes);
  else
    os << lane.bits;
}

std::string moat::spec::toString(const Value &value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << kindName(value.kind) << ":";
  if (value.reference == Value::Null)
    os << "null";
  else if (value.reference == Value::NonNull)
    os << "non-null";
  else if (value.reference == Value::Host)
    os << value.hostNumber;
  bool isFloat = value.kind != abi::Kind::I32 && value.kind != abi::Kind::I64;
  for (size_t i = 0; i != value.lanes.size(); ++i) {
    if (i)
      os << " ";
    printLane(os, value.lanes[i], isFloat);
  }
  return text;
}

std::string moat::spec::toString(const abi::Value &actual, const Value &expected) {
  Value value = expected;
  if (value.reference != Value::None) {
    uint64_t address =
        reinterpret_cast<uint64_t>(actual.ref) & ~abi::hostReferenceBit;
    value.reference = !address                       ? Value::Null
                      : address >= hostReferenceBase ? Value::Host
                                                     : Value::NonNull;
    value.hostNumber = (address - hostReferenceBase) / 16;
  }
  size_t position = 0;
  for (Lane &lane : value.lanes) {
    lane.pattern = Lane::Bits;
    lane.bits = 0;
    memcpy(&lane.bits, actual.v128 + position, lane.sizeBytes);
    position += lane.sizeBytes;
  }
  return toString(value);
}

static std::string describe(const Command &command, const ActionResult &result) {
  if (result.trap)
    return "trap: " + result.trap->str();
  if (result.hasException)
    return "an uncaught exception";
  // In the notation of the expected values as far as there are any.
  std::string text = "(";
  ArrayRef<Value> expected;
  if (!command.alternatives.empty())
    expected = command.alternatives[0];
  for (size_t i = 0; i != result.values.size(); ++i) {
    text += i ? " " : "";
    text += i < expected.size() ? toString(result.values[i], expected[i])
                                : "?:" + std::to_string(result.values[i].i64);
  }
  return text + ")";
}

static std::string describe(ArrayRef<Value> values) {
  std::string text = "(";
  for (size_t i = 0; i != values.size(); ++i)
    text += (i ? " " : "") + toString(values[i]);
  return text + ")";
}

static bool matchAll(ArrayRef<Value> expected, ArrayRef<abi::Value> actual) {
  if (expected.size() != actual.size())
    return false;
  for (size_t i = 0; i != expected.size(); ++i)
    if (!matches(expected[i], actual[i]))
      return false;
  return true;
}

/// The suite's words and a trap's agree if one begins with the other: the suite may name
/// the element ("uninitialized element 2") or leave the end off.
static bool hasWords(StringRef trap, StringRef words) {
  return trap.starts_with(words) || words.starts_with(trap);
}

Error moat::spec::judge(const Command &command, const ActionResult &result) {
  bool isReturn = !result.trap && !result.hasException;
  switch (command.kind) {
  case CommandKind::Action:
    if (isReturn)
      return Error::success();
    return errorOf("expected a return, got " + describe(command, result));
  case CommandKind::AssertReturn:
    for (const std::vector<Value> &expected : command.alternatives)
      if (isReturn && matchAll(expected, result.values))
        return Error::success();
    return errorOf("expected " + describe(command.alternatives[0]) + ", got " +
                   describe(command, result));
  case CommandKind::AssertTrap:
  case CommandKind::AssertExhaustion:
    if (result.trap && hasWords(*result.trap, command.text))
      return Error::success();
    return errorOf("expected a trap (" + command.text + "), got " +
                   describe(command, result));
  case CommandKind::AssertException:
    if (result.hasException)
      return Error::success();
    return errorOf("expected an exception, got " + describe(command, result));
  default:
    llvm_unreachable("a command without an action");
  }
}

namespace {

/// Reads one file. A key that is missing or of another type than the format says is an
/// error of the whole script: a runner that guesses would test something else.
class ScriptReader {
public:
  explicit ScriptReader(StringRef file) : file(file) {}
  Expected<Script> run();

private:
  Error readCommand(const json::Object &object, Command &command);
  Error readAction(const json::Object &object, Action &action);
  Error readValues(const json::Array *array, std::vector<Value> &values);
  Error readValue(const json::Object &object, Value &value);
  Error readLane(const json::Value &text, uint8_t sizeBytes, Lane &lane);
  Error error(const Twine &text) {
    return errorOf(Twine(file) + ": line " + Twine(line) + ": " + text);
  }

  StringRef file;
  unsigned line = 0;
};

} // namespace

static std::string stringOf(const json::Object &object, StringRef key) {
  return object.getString(key).value_or("").str();
}

Expected<Script> ScriptReader::run() {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return errorOf(Twine(file) + ": " + buffer.getError().message());
  Expected<json::Value> parsed = json::parse((*buffer)->getBuffer());
  if (!parsed)
    return parsed.takeError();
  const json::Object *root = parsed->getAsObject();
  const json::Array *commands = root ? root->getArray("commands") : nullptr;
  if (!commands)
    return error("no commands");

  Script script;
  script.name = llvm::sys::path::stem(file).str();
  for (const json::Value &value : *commands) {
    const json::Object *object = value.getAsObject();
    if (!object)
      return error("a command is no object");
    line = object->getInteger("line").value_or(0);
    Command &command = script.commands.emplace_back();
    if (Error e = readCommand(*object, command))
      return e;
  }
  return script;
}

Error ScriptReader::readCommand(const json::Object &object, Command &command) {
  std::string type = stringOf(object, "type");
  auto *name = llvm::find(commandNames, StringRef(type));
  if (name == std::end(commandNames))
    return error("unknown command " + type);
  command.kind = static_cast<CommandKind>(name - std::begin(commandNames));
  command.line = line;
  command.name = stringOf(object, "name");
  command.as = stringOf(object, "as");
  command.isText = stringOf(object, "module_type") == "text";
  command.instance = stringOf(object, "instance");
  command.definition = stringOf(object, "module");
  command.unless = stringOf(object, "unless");
  command.text = stringOf(object, "text");
  if (auto filename = object.getString("filename")) {
    SmallVector<char, 128> path(file.begin(), file.end());
    llvm::sys::path::remove_filename(path);
    llvm::sys::path::append(path, *filename);
    command.filename.assign(path.begin(), path.end());
  }
  if (!command.hasAction())
    return Error::success();

  const json::Object *action = object.getObject("action");
  if (!action)
    return error("no action");
  if (Error e = readAction(*action, command.action))
    return e;
  if (command.kind != CommandKind::AssertReturn)
    return Error::success();
  if (const json::Array *either = object.getArray("either")) {
    std::vector<Value> values;
    if (Error e = readValues(either, values))
      return e;
    for (Value &value : values)
      command.alternatives.push_back({std::move(value)});
    return Error::success();
  }
  command.alternatives.emplace_back();
  return readValues(object.getArray("expected"), command.alternatives[0]);
}

Error ScriptReader::readAction(const json::Object &object, Action &action) {
  action.isGet = stringOf(object, "type") == "get";
  action.module = stringOf(object, "module");
  action.field = stringOf(object, "field");
  if (action.isGet)
    return Error::success();
  return readValues(object.getArray("args"), action.arguments);
}

Error ScriptReader::readValues(const json::Array *array, std::vector<Value> &values) {
  if (!array)
    return error("a list of values is missing");
  for (const json::Value &element : *array) {
    const json::Object *object = element.getAsObject();
    if (!object)
      return error("a value is no object");
    if (Error e = readValue(*object, values.emplace_back()))
      return e;
  }
  return Error::success();
}

Error ScriptReader::readLane(const json::Value &text, uint8_t sizeBytes, Lane &lane) {
  StringRef digits = text.getAsString().value_or("");
  lane.sizeBytes = sizeBytes;
  if (digits == "nan:canonical")
    lane.pattern = Lane::CanonicalNan;
  else if (digits == "nan:arithmetic")
    lane.pattern = Lane::ArithmeticNan;
  else if (digits.getAsInteger(10, lane.bits))
    return error("not a number: " + digits);
  return Error::success();
}

Error ScriptReader::readValue(const json::Object &object, Value &value) {
  using abi::Kind;
  std::string type = stringOf(object, "type");
  std::optional<Kind> kind =
      llvm::StringSwitch<std::optional<Kind>>(type)
          .Case("i32", Kind::I32).Case("i64", Kind::I64)
          .Case("f32", Kind::F32).Case("f64", Kind::F64).Case("v128", Kind::V128)
          .Case("funcref", Kind::Func).Case("externref", Kind::Extern)
          .Case("anyref", Kind::Any).Case("eqref", Kind::Eq).Case("i31ref", Kind::I31)
          .Case("structref", Kind::Struct).Case("arrayref", Kind::Array)
          .Case("exnref", Kind::Exn).Case("nullref", Kind::None)
          .Case("nullfuncref", Kind::NoFunc).Case("nullexternref", Kind::NoExtern)
          .Case("nullexnref", Kind::NoExn).Case("refnull", Kind::Any)
          .Default(std::nullopt);
  if (!kind)
    return error("unknown type " + type);
  value.kind = *kind;
  const json::Value *bits = object.get("value");

  if (value.kind == Kind::V128) {
    uint8_t sizeBytes = llvm::StringSwitch<uint8_t>(stringOf(object, "lane_type"))
                            .Case("i8", 1).Case("i16", 2).Cases({"i32", "f32"}, 4)
                            .Default(8);
    const json::Array *lanes = bits ? bits->getAsArray() : nullptr;
    if (!lanes || lanes->size() * sizeBytes != 16)
      return error("a vector of another size");
    for (const json::Value &lane : *lanes)
      if (Error e = readLane(lane, sizeBytes, value.lanes.emplace_back()))
        return e;
    return Error::success();
  }
  if (value.kind <= Kind::F64) {
    bool isWide = value.kind == Kind::I64 || value.kind == Kind::F64;
    if (!bits)
      return error("a number without a value");
    return readLane(*bits, isWide ? 8 : 4, value.lanes.emplace_back());
  }
  StringRef number = bits ? bits->getAsString().value_or("") : "";
  if (!bits)
    value.reference = Value::NonNull;
  else if (number == "null")
    value.reference = Value::Null;
  else if (value.reference = Value::Host; number.getAsInteger(10, value.hostNumber))
    return error("not a host reference: " + number);
  return Error::success();
}

Expected<Script> moat::spec::readScript(StringRef file) { return ScriptReader(file).run(); }
