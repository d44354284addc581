// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Core 3.0, 6.4 Types (text format). The canonical spelling is that of
// compiler/Lower/TypeText.cpp.

#include "TypeText.h"
#include <cstring>

namespace moat::rt {

namespace {

class TypeReader {
public:
  TypeReader(std::string_view text, char *out) : text(text), out(out) {}

  uint64_t run() {
    bool isType = readFunction(0) && peek().empty();
    return isType ? used : 0;
  }

private:
  /// The next parenthesis or word, or nothing at the end.
  std::string_view peek() {
    auto isSpace = [](char c) {
      return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    };
    while (at < text.size() && isSpace(text[at]))
      ++at;
    uint64_t end = at;
    if (end < text.size() && (text[end] == '(' || text[end] == ')'))
      ++end;
    else
      while (end < text.size() && !isSpace(text[end]) && text[end] != '(' &&
             text[end] != ')')
        ++end;
    return {text.data() + at, end - at};
  }

  bool take(std::string_view token) {
    if (peek() != token)
      return false;
    at += token.size();
    return true;
  }

  void write(std::string_view piece) {
    memcpy(out + used, piece.data(), piece.size());
    used += piece.size();
  }

  bool readFunction(unsigned depth) {
    if (depth > deepest || !take("(") || !take("func"))
      return false;
    write("(func");
    bool isOpen = false, isInResults = false;
    while (take("(")) {
      bool isResult = take("result");
      if (!isResult && (isInResults || !take("param")))
        return false;
      if (isResult && !isInResults && isOpen) {
        write(")");
        isOpen = false;
      }
      isInResults = isResult;
      bool isNamed = !isResult && peek().starts_with("$");
      if (isNamed)
        at += peek().size();
      for (unsigned count = 0; !take(")"); ++count) {
        if (isNamed && count)
          return false;
        if (!isOpen)
          write(isResult ? " (result" : " (param");
        isOpen = true;
        write(" ");
        if (!readType(depth))
          return false;
      }
    }
    if (isOpen)
      write(")");
    write(")");
    return take(")");
  }

  bool readType(unsigned depth) {
    static constexpr std::string_view words[] = {
        "i32",           "i64",       "f32",    "f64",     "v128",
        "funcref",       "externref", "anyref", "eqref",   "i31ref",
        "structref",     "arrayref",  "exnref", "nullref", "nullfuncref",
        "nullexternref", "nullexnref"};
    for (std::string_view word : words)
      if (take(word)) {
        write(word);
        return true;
      }
    if (!take("(") || !take("ref"))
      return false;
    return readReference(take("null"), depth) && take(")");
  }

  bool readReference(bool isNullable, unsigned depth) {
    struct Heap {
      std::string_view name, nullable;
    };
    static constexpr Heap heaps[] = {{"func", "funcref"},
                                     {"extern", "externref"},
                                     {"any", "anyref"},
                                     {"eq", "eqref"},
                                     {"i31", "i31ref"},
                                     {"struct", "structref"},
                                     {"array", "arrayref"},
                                     {"exn", "exnref"},
                                     {"none", "nullref"},
                                     {"nofunc", "nullfuncref"},
                                     {"noextern", "nullexternref"},
                                     {"noexn", "nullexnref"}};
    for (const Heap &heap : heaps) {
      if (!take(heap.name))
        continue;
      if (isNullable) {
        write(heap.nullable);
        return true;
      }
      write("(ref ");
      write(heap.name);
      write(")");
      return true;
    }
    write(isNullable ? "(ref null " : "(ref ");
    uint64_t begin = used;
    if (!readFunction(depth + 1) || used - begin > longestInnerText)
      return false;
    write(")");
    return true;
  }

  /// Of types in types.
  static constexpr unsigned deepest = 8;
  /// Longer ones are spelled as digests.
  static constexpr uint64_t longestInnerText = 200;

  std::string_view text;
  uint64_t at = 0;
  char *out;
  uint64_t used = 0;
};

} // namespace

uint64_t canonicalizeFunctionType(std::string_view text, char *out) {
  return TypeReader(text, out).run();
}

} // namespace moat::rt
