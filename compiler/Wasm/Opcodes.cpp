// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// From the bytes of an opcode to its enumerator: one table for each prefix,
// made from the rows at compile time.

#include "Wasm/Opcodes.h"

using namespace moat;

namespace {

/// Opcodes by number, all with one prefix. Numbers without a row hold
/// opcodeCount.
template <size_t Size>
using OpcodeTable = std::array<uint16_t, Size>;

} // namespace

template <size_t Size>
static consteval OpcodeTable<Size> makeTable(uint8_t prefix) {
  OpcodeTable<Size> table;
  table.fill(opcodeCount);
  for (size_t i = 0; i < opcodeCount; ++i)
    if (opcodeInfos[i].prefix == prefix)
      table[opcodeInfos[i].sub] = static_cast<uint16_t>(i);
  return table;
}

template <size_t Size>
static std::optional<Opcode> find(const OpcodeTable<Size> &table,
                                  uint32_t sub) {
  if (sub >= Size || table[sub] == opcodeCount)
    return std::nullopt;
  return static_cast<Opcode>(table[sub]);
}

std::optional<Opcode> moat::findOpcode(uint8_t prefix, uint32_t sub) {
  static constexpr OpcodeTable<256> single = makeTable<256>(0x00);
  static constexpr OpcodeTable<31> gc = makeTable<31>(0xFB);
  static constexpr OpcodeTable<23> numeric = makeTable<23>(0xFC);
  static constexpr OpcodeTable<276> vector = makeTable<276>(0xFD);
  static constexpr OpcodeTable<79> atomic = makeTable<79>(0xFE);
  switch (prefix) {
  case 0x00:
    return find(single, sub);
  case 0xFB:
    return find(gc, sub);
  case 0xFC:
    return find(numeric, sub);
  case 0xFD:
    return find(vector, sub);
  case 0xFE:
    return find(atomic, sub);
  }
  return std::nullopt;
}
