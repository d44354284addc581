// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: JSON. A document is written, read into a tree of variants, queried
// and written again: characters, allocation, recursion.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

struct Value;
using Array = std::vector<Value>;
struct Member;
using Object = std::vector<Member>;

struct Value {
  std::variant<std::nullptr_t, bool, double, std::string, Array, Object> data;
};

struct Member {
  std::string name;
  Value value;
};

class Parser {
public:
  explicit Parser(std::string_view text) : rest(text) {}
  Value parse();

private:
  std::string_view rest;

  void skipSpace() {
    while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\n'))
      rest.remove_prefix(1);
  }
  bool take(char c) {
    skipSpace();
    if (rest.empty() || rest[0] != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c))
      std::abort();
  }
  std::string parseString();
  double parseNumber();
};

std::string Parser::parseString() {
  expect('"');
  std::string result;
  while (rest[0] != '"') {
    char c = rest[0];
    rest.remove_prefix(1);
    if (c == '\\') {
      c = rest[0] == 'n' ? '\n' : rest[0];
      rest.remove_prefix(1);
    }
    result += c;
  }
  rest.remove_prefix(1);
  return result;
}

double Parser::parseNumber() {
  bool isNegative = take('-');
  double value = 0, scale = 1;
  bool isFraction = false;
  while (!rest.empty() &&
         ((rest[0] >= '0' && rest[0] <= '9') || rest[0] == '.')) {
    if (rest[0] == '.') {
      isFraction = true;
    } else {
      value = value * 10 + (rest[0] - '0');
      scale *= isFraction ? 10 : 1;
    }
    rest.remove_prefix(1);
  }
  return (isNegative ? -value : value) / scale;
}

Value Parser::parse() {
  skipSpace();
  switch (rest[0]) {
  case '{': {
    expect('{');
    Object object;
    while (!take('}')) {
      skipSpace();
      std::string key = parseString();
      expect(':');
      object.push_back({std::move(key), parse()});
      take(',');
    }
    return {std::move(object)};
  }
  case '[': {
    expect('[');
    Array array;
    while (!take(']')) {
      array.push_back(parse());
      take(',');
    }
    return {std::move(array)};
  }
  case '"':
    return {parseString()};
  case 't':
    rest.remove_prefix(4);
    return {true};
  case 'f':
    rest.remove_prefix(5);
    return {false};
  case 'n':
    rest.remove_prefix(4);
    return {nullptr};
  default:
    return {parseNumber()};
  }
}

void write(const Value &value, std::string &out);

void writeString(const std::string &text, std::string &out) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\' || c == '\n')
      out += '\\';
    out += c == '\n' ? 'n' : c;
  }
  out += '"';
}

struct Writer {
  std::string &out;
  void operator()(std::nullptr_t) { out += "null"; }
  void operator()(bool value) { out += value ? "true" : "false"; }
  void operator()(double value) {
    // Thousandths are enough for what this program writes.
    auto scaled = static_cast<int64_t>(value * 1000 + (value < 0 ? -0.5 : 0.5));
    if (scaled < 0)
      out += '-';
    uint64_t magnitude = static_cast<uint64_t>(scaled < 0 ? -scaled : scaled);
    out += std::to_string(magnitude / 1000);
    if (uint64_t fraction = magnitude % 1000) {
      std::string digits = std::to_string(1000 + fraction);
      out += '.';
      out.append(digits, 1);
    }
  }
  void operator()(const std::string &value) { writeString(value, out); }
  void operator()(const Array &array) {
    out += '[';
    for (size_t i = 0; i < array.size(); ++i) {
      out += i ? "," : "";
      write(array[i], out);
    }
    out += ']';
  }
  void operator()(const Object &object) {
    out += '{';
    for (size_t i = 0; i < object.size(); ++i) {
      out += i ? "," : "";
      writeString(object[i].name, out);
      out += ':';
      write(object[i].value, out);
    }
    out += '}';
  }
};

void write(const Value &value, std::string &out) {
  std::visit(Writer{out}, value.data);
}

/// The sum of all numbers under keys that are \p key.
double sumOf(const Value &value, std::string_view key) {
  double sum = 0;
  if (auto *array = std::get_if<Array>(&value.data))
    for (const Value &item : *array)
      sum += sumOf(item, key);
  if (auto *object = std::get_if<Object>(&value.data))
    for (const auto &[name, item] : *object) {
      auto *number = std::get_if<double>(&item.data);
      sum += name == key && number ? *number : sumOf(item, key);
    }
  return sum;
}

} // namespace

int main() {
  std::string text = "[";
  for (int i = 0; i < 12000; ++i) {
    std::string number = std::to_string(i);
    text += (i ? ", " : "") + std::string("{\"id\": ") + number +
            ", \"name\": \"user \\\"" + number + "\\\"\", \"tags\": [\"a" +
            number + "\", \"b\", null, " + (i % 3 ? "true" : "false") +
            "],\n \"place\": {\"x\": " + std::to_string(i % 100) +
            ".125, \"y\": -" + std::to_string(i % 77) + ".5}}";
  }
  text += "]";
  double sum = 0;
  size_t size = 0;
  for (int round = 0; round < 25; ++round) {
    Value document = Parser(text).parse();
    sum += sumOf(document, "x") + sumOf(document, "y") + sumOf(document, "id");
    text.clear();
    write(document, text);
    size += text.size();
  }
  std::printf("%zu bytes, sum %.3f\n", size, sum);
}
