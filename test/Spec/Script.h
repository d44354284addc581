// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A script of the specification's suite: what wast2json makes of a .wast file, and the
// additions that the suite's README lists. Read from JSON into plain structures; nothing
// here knows how a module is compiled or run.

#pragma once

#include "LLVM.h"
#include "moat/abi/Layout.h"
#include <optional>
#include <string>
#include <vector>

namespace moat::spec {

/// One number of a value: all of a scalar, or a lane of a vector.
struct Lane {
  enum Pattern : uint8_t {
    Bits,          ///< exactly these
    CanonicalNan,  ///< a NaN whose payload is only the top bit; any sign
    ArithmeticNan, ///< a NaN whose top payload bit is set; any sign
  } pattern = Bits;
  uint8_t sizeBytes = 4;
  uint64_t bits = 0;
};

/// An argument, or what a result is compared with.
struct Value {
  enum Reference : uint8_t { None, Null, NonNull, Host };

  abi::Kind kind = abi::Kind::I32;
  Reference reference = None; ///< of reference types
  uint64_t hostNumber = 0;    ///< of Host
  std::vector<Lane> lanes;    ///< of numbers and vectors
};

/// Host reference number \p number as compiled code sees it, of type \p kind: never null,
/// never an object.
void *hostReference(uint64_t number, abi::Kind kind);

/// The bits of an argument, the rest zero.
abi::Value toBits(const Value &value);

/// Whether a result fits a pattern.
bool matches(const Value &expected, const abi::Value &actual);

/// For messages: `i32:7`, `f32:0x7fc00000`, `externref:null`.
std::string toString(const Value &value);
/// A result that was to be like \p expected, in its notation.
std::string toString(const abi::Value &actual, const Value &expected);

struct Action {
  bool isGet = false; ///< reads an exported global instead of calling a function
  std::string module; ///< an instance's name; empty: the current one
  std::string field;
  std::vector<Value> arguments;
};

enum class CommandKind : uint8_t {
  Module, ModuleDefinition, ModuleInstance, Register, Action,
  AssertReturn, AssertTrap, AssertExhaustion, AssertException,
  AssertInvalid, AssertMalformed, AssertUnlinkable, AssertUninstantiable,
  AssertInvalidCustom, AssertMalformedCustom,
};
inline constexpr size_t commandKindCount = 15;

/// As the JSON spells it: `assert_return`.
StringRef toString(CommandKind kind);

struct Command {
  CommandKind kind = CommandKind::Module;
  unsigned line = 0;
  std::string name;       ///< of a module or, for register, of an instance
  std::string as;         ///< of register
  std::string filename;   ///< of a module; absolute
  bool isText = false;    ///< the module is text that must not assemble
  std::string instance;   ///< of module_instance
  std::string definition; ///< of module_instance; empty: the last one
  std::string unless;     ///< holds only without this feature; empty: always
  std::string text;       ///< of assertions that something fails: the words for it
  Action action;
  /// Of assert_return: the expected results; more than one list: any of them will do.
  std::vector<std::vector<Value>> alternatives;

  bool hasAction() const {
    return kind == CommandKind::Action || kind == CommandKind::AssertReturn ||
           kind == CommandKind::AssertTrap || kind == CommandKind::AssertExhaustion ||
           kind == CommandKind::AssertException;
  }
};

struct Script {
  std::string group; ///< `core`
  std::string name;  ///< `i32`
  std::vector<std::string> features; ///< of index.json
  std::vector<Command> commands;

  /// `core/i32`
  std::string path() const { return group + "/" + name; }
};

/// How an action ended.
struct ActionResult {
  std::optional<StringRef> trap; ///< the text of Traps.def
  bool hasException = false;     ///< not caught
  std::vector<abi::Value> values;
};

/// Whether an action ended as \p command says; the error tells what came instead.
Error judge(const Command &command, const ActionResult &result);

/// Reads \p file (the `.json` of wast2json). The script's group and features stay empty.
Expected<Script> readScript(StringRef file);

} // namespace moat::spec
