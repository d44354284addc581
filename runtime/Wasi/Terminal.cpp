// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A filter of bytes. Control characters are below 0x20, 0x7f, and U+0080 to
// U+009F, which are two bytes in UTF-8, the first of them 0xc2. A terminal that
// is not told to expect UTF-8 takes single bytes from 0x80 to 0x9f for those,
// so bytes outside a sequence are replaced, too. Sequences may be cut by the
// end of a write.

#include "Terminal.h"

namespace moat::rt {

/// One byte as it may be shown. \p state says what precedes it.
static constexpr uint8_t shown(uint8_t byte, Utf8State &state) {
  constexpr uint8_t replacement = '?';
  bool isFirstOfControl = state.isFirstOfControl;
  state.isFirstOfControl = false;
  if (byte < 0x80) {
    state.expected = 0;
    bool isHarmless = (byte >= 0x20 && byte != 0x7f) || byte == '\n' ||
                      byte == '\t' || byte == '\r';
    return isHarmless ? byte : replacement;
  }
  if (byte < 0xc0) {
    if (state.expected == 0 || (isFirstOfControl && byte < 0xa0)) {
      state.expected = 0;
      return replacement;
    }
    --state.expected;
    return byte;
  }
  bool isFirst = byte >= 0xc2 && byte < 0xf5;
  state.expected = !isFirst ? 0 : byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
  state.isFirstOfControl = byte == 0xc2;
  return isFirst ? byte : replacement;
}

namespace {
struct Case {
  uint8_t in[4], out[4];
  constexpr bool holds() const {
    Utf8State state;
    for (int i = 0; i != 4; ++i)
      if (shown(in[i], state) != out[i])
        return false;
    return true;
  }
};
} // namespace
static_assert(
    Case{{'a', 0x1b, '[', '\n'}, {'a', '?', '[', '\n'}}.holds() &&
    Case{{0xc2, 0x9b, 'm', 0x7f}, {0xc2, '?', 'm', '?'}}.holds() &&
    Case{{0xc3, 0xa9, 0x9b, '\t'}, {0xc3, 0xa9, '?', '\t'}}.holds() &&
    Case{{0xf0, 0x9f, 0x98, 0x80}, {0xf0, 0x9f, 0x98, 0x80}}.holds() &&
    Case{{0xc4, 0x9b, 0xff, 0x9b}, {0xc4, 0x9b, '?', '?'}}.holds());

Result<uint32_t> wasi::writeFiltered(DescriptorUse &terminal,
                                     host::IoVectors vectors) {
  uint8_t buffer[1024];
  Utf8State states[sizeof(buffer)]; // behind each byte: less may be written
  Utf8State state = terminal.terminalState;
  size_t count = 0;
  for (const host::IoVector &vector : vectors) {
    auto *bytes = static_cast<const uint8_t *>(vector.base);
    for (size_t i = 0; i != vector.sizeBytes && count != sizeof(buffer); ++i) {
      buffer[count] = shown(bytes[i], state);
      states[count++] = state;
    }
  }
  host::IoVector filtered = {buffer, count};
  auto written = host::write(terminal.handle.get(), {&filtered, 1});
  if (written && *written != 0)
    terminal.terminalState = states[*written - 1];
  return written;
}

} // namespace moat::rt
