// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A text for every type of a module that is the same in two modules exactly if
// the types are equal (Core 3.0, 3.3.10 Defined Types): what instances of a
// store compare types by.
//
// A type that is final, has no supertype, and is not recursive is as the text
// format writes it, with the types that it refers to in place of their indices.
// Any other is followed by its recursion group, in which `$i` is the group's
// i-th type:
//
//     (func (param (ref null $0))) as $0 of (rec (func (param (ref null $0))))
//
// A text inside another one, or a group, that is long is given by its SHA-256
// digest: types that refer twice to the one before would double the text each
// time.

#include "Lower/ModuleLowering.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using namespace moat;

/// Longer texts inside others are digests.
static constexpr size_t longestInnerText = 200;

static std::string digestOf(StringRef text) {
  return "#" +
         llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(text)),
                     /*LowerCase=*/true);
}

namespace {
class TypeTextWriter {
public:
  explicit TypeTextWriter(const Module &module) : types(module.types) {}

  std::vector<std::string> run() {
    for (size_t begin = 0; begin < types.size();
         begin += types[begin].recGroupSize)
      writeGroup(begin, begin + types[begin].recGroupSize);
    return std::move(texts);
  }

private:
  void writeGroup(uint32_t begin, uint32_t end);
  std::string reference(uint32_t index);
  std::string valueType(ValType type);
  std::string list(StringRef keyword, ArrayRef<ValType> list);
  std::string field(const FieldType &field);
  std::string composite(const SubType &type);

  ArrayRef<SubType> types;
  std::vector<std::string> texts; ///< of the groups before this one
  bool isRecursive =
      false; ///< the group that is being written refers to itself
};
} // namespace

std::vector<std::string> moat::typeTexts(const Module &module) {
  return TypeTextWriter(module).run();
}

static StringRef keyword(const SubType &type) {
  switch (type.kind) {
  case SubType::Func:
    return "(func";
  case SubType::Struct:
    return "(struct";
  case SubType::Array:
    return "(array";
  }
  llvm_unreachable("covered switch");
}

std::string TypeTextWriter::reference(uint32_t index) {
  if (index >= texts.size()) {
    isRecursive = true;
    return "$" + std::to_string(index - texts.size());
  }
  const std::string &text = texts[index];
  if (text.size() <= longestInnerText)
    return text;
  return (keyword(types[index]) + " " + digestOf(text) + ")").str();
}

std::string TypeTextWriter::valueType(ValType type) {
  if (!type.isRef() || !type.heap.isConcrete())
    return toString(type);
  return (type.nullable ? "(ref null " : "(ref ") +
         reference(type.heap.typeIndex()) + ")";
}

/// ` (param i32 i64)`, or nothing.
std::string TypeTextWriter::list(StringRef keyword, ArrayRef<ValType> list) {
  if (list.empty())
    return "";
  std::string text = (" (" + keyword).str();
  for (ValType type : list)
    text += " " + valueType(type);
  return text + ")";
}

std::string TypeTextWriter::field(const FieldType &field) {
  std::string text = field.packed == FieldType::I8    ? "i8"
                     : field.packed == FieldType::I16 ? "i16"
                                                      : valueType(field.type);
  return field.isMutable ? "(mut " + text + ")" : text;
}

std::string TypeTextWriter::composite(const SubType &type) {
  std::string text = keyword(type).str();
  if (type.kind == SubType::Func)
    return text + list("param", type.func.params) +
           list("result", type.func.results) + ")";
  for (const FieldType &each : type.fields)
    text += type.kind == SubType::Array ? " " + field(each)
                                        : " (field " + field(each) + ")";
  return text + ")";
}

void TypeTextWriter::writeGroup(uint32_t begin, uint32_t end) {
  isRecursive = end - begin > 1;
  std::vector<std::string> members;
  std::string group = "(rec";
  for (const SubType &type : types.slice(begin, end - begin)) {
    std::string text = members.emplace_back(composite(type));
    if (!type.isFinal || type.supertype) {
      isRecursive = true; // or as good as
      text = (type.isFinal ? "(sub final " : "(sub ") +
             (type.supertype ? reference(*type.supertype) + " " : "") + text +
             ")";
    }
    group += " " + text;
  }
  group += ")";
  if (group.size() > longestInnerText)
    group = "(rec " + digestOf(group) + ")";
  for (auto [index, text] : llvm::enumerate(members))
    if (isRecursive)
      text += " as $" + std::to_string(index) + " of " + group;
  llvm::append_range(texts, std::move(members));
}
