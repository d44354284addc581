// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A recursion group is written as a string of bytes in which indices into the
// group count from its beginning and indices before it are canonical numbers
// already (the tying of Core 3.0, 3.3.10 Defined Types). Equal strings are
// then equal groups, so that a hash table finds them in time linear in the size
// of the type section.

#include "Decode/Canonical.h"

using namespace moat;

namespace {

/// Writes one group.
class GroupWriter {
public:
  GroupWriter(const std::vector<SubType> &types, uint32_t begin, uint32_t end)
      : types(types), begin(begin), end(end) {}

  std::string write() {
    for (uint32_t i = begin; i < end; ++i)
      writeType(types[i]);
    return std::move(text);
  }

private:
  void writeByte(unsigned value) { text.push_back(static_cast<char>(value)); }
  void writeNumber(uint32_t value) {
    text.append(reinterpret_cast<const char *>(&value), sizeof(value));
  }

  void writeIndex(uint32_t index) {
    if (index < begin) {
      writeByte('<');
      writeNumber(types[index].canonical);
    } else if (index < end) {
      writeByte('.');
      writeNumber(index - begin);
    } else {
      writeByte('>'); // unknown so far: the validator refuses it
      writeNumber(index);
    }
  }

  void writeValType(ValType type) {
    writeByte(type.kind);
    if (!type.isRef())
      return;
    writeByte(type.nullable);
    if (type.heap.isConcrete()) {
      writeIndex(type.heap.typeIndex());
    } else {
      writeByte('a');
      writeByte(static_cast<unsigned>(type.heap.abstract()));
    }
  }

  void writeValTypes(const std::vector<ValType> &list) {
    writeNumber(static_cast<uint32_t>(list.size()));
    for (ValType type : list)
      writeValType(type);
  }

  void writeType(const SubType &type) {
    writeByte(type.kind);
    writeByte(type.isFinal);
    writeByte(type.supertype.has_value());
    if (type.supertype)
      writeIndex(*type.supertype);
    if (type.kind == SubType::Func) {
      writeValTypes(type.func.params);
      writeValTypes(type.func.results);
      return;
    }
    writeNumber(static_cast<uint32_t>(type.fields.size()));
    for (const FieldType &field : type.fields) {
      writeValType(field.type);
      writeByte(field.packed);
      writeByte(field.isMutable);
    }
  }

  const std::vector<SubType> &types;
  uint32_t begin;
  uint32_t end;
  std::string text;
};

} // namespace

void Canonicalizer::addGroup(std::vector<SubType> &types, uint32_t begin,
                             uint32_t end) {
  std::string text = GroupWriter(types, begin, end).write();
  uint32_t first = groups.try_emplace(text, begin).first->second;
  for (uint32_t i = begin; i < end; ++i)
    types[i].canonical = first + (i - begin);
}
