// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The text format, read by wabt. Only the syntax is wabt's: what it writes is
// decoded and validated like any other module.

#include "Decode/Decode.h"
#include "Diagnostics.h"
#include "wabt/binary-writer.h"
#include "wabt/error-formatter.h"
#include "wabt/ir.h"
#include "wabt/stream.h"
#include "wabt/wast-parser.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/thread.h"

using namespace moat;

// wabt's parser, and its destruction of what it has parsed, recurse into blocks
// and parentheses. They run on a stack of their own, made for the text; a text
// that would need too large a one is refused. A level was seen to take less
// than 2 KiB.
static constexpr unsigned stackBytesPerLevel = 4 << 10;
static constexpr unsigned maxDepth = 250'000;

namespace {

/// Looks at parentheses, strings and comments (Core 3.0, 6.2 Lexical Format),
/// which must be closed before wabt sees the text: it reads on forever in an
/// annotation that is not.
class BracketScanner {
public:
  explicit BracketScanner(StringRef text) : rest(text) {}

  Error scan();
  /// Of parentheses.
  size_t maxDepth() const { return deepest; }

private:
  Error skipString();
  Error skipBlockComment();
  Error unclosed(const char *what, StringRef from) const;

  StringRef rest; ///< what is not yet scanned
  size_t deepest = 0;
};

} // namespace

Error BracketScanner::unclosed(const char *what, StringRef from) const {
  return errorOf(
      Twine("unexpected end: ") + what + " is not closed: " +
      from.take_until([](char c) { return c == '\n'; }).take_front(40));
}

/// Skips a string whose opening quote stands first.
Error BracketScanner::skipString() {
  StringRef from = rest;
  for (size_t i = 1; i < rest.size() && rest[i] != '\n'; ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      rest = rest.drop_front(i + 1);
      return Error::success();
    }
  }
  return unclosed("a string", from);
}

/// Skips a comment whose opening `(;` stands first. Comments nest.
Error BracketScanner::skipBlockComment() {
  StringRef from = rest;
  size_t depth = 0;
  do {
    if (rest.consume_front("(;"))
      ++depth;
    else if (rest.consume_front(";)"))
      --depth;
    else if (rest.empty())
      return unclosed("a comment", from);
    else
      rest = rest.drop_front();
  } while (depth != 0);
  return Error::success();
}

Error BracketScanner::scan() {
  SmallVector<const char *, 32> open;
  StringRef text = rest;
  while (!rest.empty()) {
    if (rest.starts_with("(;")) {
      if (Error error = skipBlockComment())
        return error;
    } else if (rest.starts_with(";;")) {
      rest = rest.drop_until([](char c) { return c == '\n'; });
    } else if (rest.front() == '"') {
      if (Error error = skipString())
        return error;
    } else {
      if (rest.front() == '(')
        open.push_back(rest.data());
      if (rest.front() == ')' && open.empty())
        return errorOf("unexpected token ): no parenthesis is open");
      if (rest.front() == ')')
        open.pop_back();
      deepest = std::max<size_t>(deepest, open.size());
      rest = rest.drop_front();
    }
  }
  if (!open.empty())
    return unclosed("a parenthesis",
                    StringRef(open.back(), text.end() - open.back()));
  return Error::success();
}

/// At least the number of blocks of \p text.
static size_t blockBound(StringRef text) {
  size_t count = 0;
  for (StringRef keyword : {"block", "loop", "if", "try"})
    count += text.count(keyword);
  return count;
}

/// The first error, which is the useful one, in wabt's words.
static std::string firstOf(const wabt::Errors &errors) {
  if (errors.empty())
    return "malformed text";
  const wabt::Error &first = errors.front();
  return std::to_string(first.loc.line) + ":" +
         std::to_string(first.loc.first_column) + ": " + first.message;
}

/// Names of a structure's fields differ (Core 3.0, 6.1, identifier contexts);
/// wabt lets them be equal.
static Error checkFieldNames(const wabt::Module &module) {
  for (const wabt::TypeEntry *type : module.types) {
    if (!wabt::StructType::classof(type))
      continue;
    auto *structure = static_cast<const wabt::StructType *>(type);
    llvm::StringSet<> names;
    for (const wabt::Field &field : structure->fields)
      if (!field.name.empty() && !names.insert(field.name).second)
        return errorOf("duplicate field " + field.name);
  }
  return Error::success();
}

static Expected<std::unique_ptr<llvm::MemoryBuffer>>
parseOnThisStack(const llvm::MemoryBuffer &text) {
  wabt::Features features;
  features.EnableAll();
  wabt::Errors errors;
  wabt::WastParseOptions parseOptions(features);
  std::unique_ptr<wabt::WastLexer> lexer = wabt::WastLexer::CreateBufferLexer(
      text.getBufferIdentifier(), text.getBufferStart(), text.getBufferSize(),
      &errors);
  std::unique_ptr<wabt::Module> module;
  if (wabt::Failed(
          wabt::ParseWatModule(lexer.get(), &module, &errors, &parseOptions)))
    return errorOf(firstOf(errors));
  if (Error error = checkFieldNames(*module))
    return error;
  wabt::MemoryStream stream;
  wabt::WriteBinaryOptions writeOptions;
  writeOptions.features = features;
  writeOptions.write_debug_names = true;
  if (wabt::Failed(
          wabt::WriteBinaryModule(&stream, module.get(), writeOptions)))
    return errorOf("malformed text: it has no binary form");
  const std::vector<uint8_t> &data = stream.output_buffer().data;
  return llvm::MemoryBuffer::getMemBufferCopy(
      StringRef(reinterpret_cast<const char *>(data.data()), data.size()),
      text.getBufferIdentifier());
}

Expected<std::unique_ptr<llvm::MemoryBuffer>>
moat::parseText(const llvm::MemoryBuffer &text) {
  BracketScanner scanner(text.getBuffer());
  if (Error error = scanner.scan())
    return error;
  size_t depth = scanner.maxDepth() + blockBound(text.getBuffer());
  if (depth > maxDepth)
    return errorOf("the text may be nested too deeply");
  unsigned stackSizeBytes =
      (8 << 20) + static_cast<unsigned>(depth) * stackBytesPerLevel;
  std::optional<Expected<std::unique_ptr<llvm::MemoryBuffer>>> result;
  llvm::thread thread(std::optional(stackSizeBytes),
                      [&] { result.emplace(parseOnThisStack(text)); });
  thread.join();
  return std::move(*result);
}
