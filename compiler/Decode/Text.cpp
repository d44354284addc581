// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The text format, read by wabt. Only the syntax is wabt's: what it writes is decoded and
// validated like any other module.

#include "Decode/Decode.h"
#include "Diagnostics.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/thread.h"
#include "wabt/binary-writer.h"
#include "wabt/error-formatter.h"
#include "wabt/ir.h"
#include "wabt/stream.h"
#include "wabt/wast-parser.h"

using namespace moat;

// wabt's parser, and its destruction of what it has parsed, recurse into blocks and
// parentheses. They run on a stack of their own, made for the text; a text that would
// need too large a one is refused. A level was seen to take less than 2 KiB.
static constexpr unsigned stackBytesPerLevel = 4 << 10;
static constexpr unsigned maxDepth = 250'000;

/// At least the depth to which blocks and parentheses of \p text are nested.
static size_t depthBound(StringRef text) {
  size_t open = 0, deepest = 0;
  for (char c : text) {
    if (c == '(')
      deepest = std::max(deepest, ++open);
    else if (c == ')' && open != 0)
      --open;
  }
  size_t keywords = 0;
  for (StringRef keyword : {"block", "loop", "if", "try"})
    keywords += text.count(keyword);
  return deepest + keywords;
}

static std::string join(const wabt::Errors &errors) {
  if (errors.empty())
    return "malformed text";
  // The first is the useful one; wabt's own words.
  const wabt::Error &first = errors.front();
  return std::to_string(first.loc.line) + ":" +
         std::to_string(first.loc.first_column) + ": " + first.message;
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
  if (wabt::Failed(wabt::ParseWatModule(lexer.get(), &module, &errors, &parseOptions)))
    return errorOf(join(errors));
  wabt::MemoryStream stream;
  wabt::WriteBinaryOptions writeOptions;
  writeOptions.features = features;
  writeOptions.write_debug_names = true;
  if (wabt::Failed(wabt::WriteBinaryModule(&stream, module.get(), writeOptions)))
    return errorOf("malformed text: it has no binary form");
  const std::vector<uint8_t> &data = stream.output_buffer().data;
  return llvm::MemoryBuffer::getMemBufferCopy(
      StringRef(reinterpret_cast<const char *>(data.data()), data.size()),
      text.getBufferIdentifier());
}

Expected<std::unique_ptr<llvm::MemoryBuffer>>
moat::parseText(const llvm::MemoryBuffer &text) {
  size_t depth = depthBound(text.getBuffer());
  if (depth > maxDepth)
    return errorOf("the text may be nested too deeply");
  unsigned stackSizeBytes = (8 << 20) + static_cast<unsigned>(depth) * stackBytesPerLevel;
  std::optional<Expected<std::unique_ptr<llvm::MemoryBuffer>>> result;
  llvm::thread thread(std::optional(stackSizeBytes),
                      [&] { result.emplace(parseOnThisStack(text)); });
  thread.join();
  return std::move(*result);
}
