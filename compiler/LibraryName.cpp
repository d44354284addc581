// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.

#include "LibraryName.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace moat;

std::string moat::libraryNameOf(StringRef outputPath) {
  StringRef stem = llvm::sys::path::filename(outputPath);
  stem = stem.take_front(stem.find('.'));
  stem.consume_front("lib");
  std::string name;
  for (char c : stem)
    name +=
        llvm::isAlnum(c) || (c == '_' && (name.empty() || name.back() != '_'))
            ? c
            : '_';
  while (name.size() > 1 && name.back() == '_')
    name.pop_back();
  if (name.empty() || llvm::isDigit(name[0]))
    name = "module" + name;
  return name;
}

bool moat::isLibraryName(StringRef name) {
  return !name.empty() && !llvm::isDigit(name[0]) && !name.contains("__") &&
         !name.ends_with("_") && llvm::all_of(name, [](char c) {
           return llvm::isAlnum(c) || c == '_';
         });
}
