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

bool moat::isReservedLibraryName(StringRef name) {
  static constexpr StringRef reserved[] = {
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "moat",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
  };
  return llvm::is_contained(reserved, name);
}
