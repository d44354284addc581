// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The cursor over a module's bytes: integers, names and types as the binary
// format writes them (Core 3.0, 5.2 Values and 5.3 Types). It keeps its first
// error and reads zeros from then on, so that decoding checks once for each
// item. Private to Decode.

#pragma once

#include "Diagnostics.h"
#include "Wasm/Module.h"
#include <cassert>
#include <cstring>

namespace moat {

class Reader {
public:
  explicit Reader(Range range)
      : begin(range.bytes.data()), cursor(begin),
        end(begin + range.bytes.size()), beginOffset(range.offset) {}

  /// Nothing is left, or reading has failed.
  bool atEnd() const { return cursor == end; }
  size_t remaining() const { return end - cursor; }
  /// Of the next byte, from the start of the module.
  uint64_t offset() const { return beginOffset + (cursor - begin); }
  /// What is left; the reader keeps its place.
  Range rest() const { return {{cursor, end}, offset()}; }

  bool failed() const { return !errorText.empty(); }
  /// Fails with \p text at \p offset unless reading has failed before.
  void fail(uint64_t offset, const Twine &text);
  /// The first error, or success.
  Error takeError();

  uint8_t byte() {
    if (LLVM_UNLIKELY(cursor == end))
      return failAtEnd();
    return *cursor++;
  }
  /// The next byte without reading it; 0 at the end.
  uint8_t peek() const { return cursor == end ? 0 : *cursor; }

  // LEB128 (Core 3.0, 5.2.2 Integers).
  uint32_t u32() {
    if (LLVM_LIKELY(cursor != end && *cursor < 0x80))
      return *cursor++;
    return static_cast<uint32_t>(unsignedInteger(32));
  }
  uint64_t u64() {
    if (LLVM_LIKELY(cursor != end && *cursor < 0x80))
      return *cursor++;
    return unsignedInteger(64);
  }
  int32_t s32() { return static_cast<int32_t>(shortSigned(32)); }
  int64_t s33() { return shortSigned(33); }
  int64_t s64() { return shortSigned(64); }

  /// The bits of a float (Core 3.0, 5.2.3 Floating-Point).
  uint32_t fixed32() { return fixed<uint32_t>(); }
  uint64_t fixed64() { return fixed<uint64_t>(); }

  /// Copies \p sizeBytes bytes; zeros if there are not as many.
  void copy(uint8_t *target, size_t sizeBytes);
  /// The next \p sizeBytes bytes.
  Range bytes(uint64_t sizeBytes);
  /// As bytes, but nothing is known of them yet but their number in front.
  Range sized();
  /// The number of a vector's elements, at most \p limit of \p what. An element
  /// has a byte at least, so that the number is never out of proportion to the
  /// bytes left.
  uint32_t count(uint32_t limit, const char *what);
  /// A name (Core 3.0, 5.2.4 Names): UTF-8, or `malformed UTF-8 encoding`.
  StringRef name();

  // Types. The index of a defined type is below Limits.h's number of types, but
  // may be unknown to the module.
  HeapType heapType();
  ValType refType();
  ValType valType();

private:
  int64_t shortSigned(unsigned bits) {
    if (LLVM_LIKELY(cursor != end && *cursor < 0x80))
      return static_cast<int8_t>(*cursor++ << 1) >> 1;
    return signedInteger(bits);
  }
  template <typename Integer>
  Integer fixed() {
    Integer value;
    copy(reinterpret_cast<uint8_t *>(&value), sizeof(value));
    return value; // hosts are little-endian, as wasm is
  }
  uint64_t unsignedInteger(unsigned bits);
  int64_t signedInteger(unsigned bits);
  uint8_t failAtEnd();

  const uint8_t *begin;
  const uint8_t *cursor;
  const uint8_t *end;
  uint64_t beginOffset;
  uint64_t errorOffset = 0;
  std::string errorText;
};

} // namespace moat
