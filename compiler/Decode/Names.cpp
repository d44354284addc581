// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Names and branch hints (Core 3.0, appendix A.6.1 Name Section;
// branch-hinting.md). Everything is read into a place of its own and kept only
// if all of it was well formed.

#include "Decode/Names.h"
#include "Decode/Reader.h"

using namespace moat;

/// A name map of functions. Names of functions that do not exist are passed
/// over.
static void readFunctionNames(Reader &reader, const Module &module,
                              std::vector<StringRef> &names) {
  uint32_t count = reader.count(UINT32_MAX, "names");
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    uint32_t index = reader.u32();
    StringRef name = reader.name();
    if (reader.failed() || index >= module.functions.size())
      continue;
    if (names.empty())
      names.resize(module.functions.size());
    names[index] = name;
  }
}

void moat::decodeNames(Module &module, Range contents) {
  enum Subsection : uint8_t { ModuleName = 0, FunctionNames = 1 };
  Reader reader(contents);
  StringRef moduleName;
  std::vector<StringRef> functionNames;
  while (!reader.atEnd()) {
    uint8_t id = reader.byte();
    Reader subsection(reader.sized());
    if (reader.failed())
      return;
    if (id == ModuleName)
      moduleName = subsection.name();
    else if (id == FunctionNames)
      readFunctionNames(subsection, module, functionNames);
    if (subsection.failed())
      return;
  }
  module.name = moduleName;
  module.functionNames = std::move(functionNames);
}

/// The hints of one function. False if they are malformed.
static bool readHints(Reader &reader, std::vector<BranchHint> &hints) {
  uint32_t count = reader.count(UINT32_MAX, "hints");
  for (uint32_t i = 0; i < count; ++i) {
    BranchHint hint;
    hint.bodyOffset = reader.u32();
    bool isOneByte = reader.u32() == 1;
    uint8_t value = reader.byte();
    if (reader.failed() || !isOneByte || value > 1)
      return false;
    if (!hints.empty() && hint.bodyOffset <= hints.back().bodyOffset)
      return false;
    hint.isLikely = value == 1;
    hints.push_back(hint);
  }
  return true;
}

void moat::decodeBranchHints(Module &module, Range contents) {
  Reader reader(contents);
  std::vector<std::vector<BranchHint>> hints(module.functions.size());
  uint32_t count = reader.count(UINT32_MAX, "functions");
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t index = reader.u32();
    if (reader.failed() || index < module.importedFunctionCount ||
        index >= hints.size() || !hints[index].empty() ||
        !readHints(reader, hints[index]))
      return;
  }
  if (!reader.failed() && reader.atEnd())
    module.branchHints = std::move(hints);
}
