// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The cursor's slow paths: integers of several bytes, names, types, and what is
// said of malformed ones.

#include "Decode/Reader.h"
#include "Wasm/Limits.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FormatVariadic.h"
#include <bit>

using namespace moat;

static_assert(std::endian::native == std::endian::little,
              "Reader::fixed copies floats as they lie");

void Reader::fail(uint64_t offset, const Twine &text) {
  if (!failed()) {
    errorText = text.str();
    errorOffset = offset;
  }
  cursor = end;
}

Error Reader::takeError() {
  if (!failed())
    return Error::success();
  return errorAt(errorOffset, errorText);
}

uint8_t Reader::failAtEnd() {
  fail(offset(), "unexpected end");
  return 0;
}

/// Core 3.0, 5.2.2 Integers: at most ceil(bits / 7) bytes, and nothing in the
/// last one's bits that are past the integer's.
uint64_t Reader::unsignedInteger(unsigned bits) {
  uint64_t start = offset();
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    uint8_t next = byte();
    if (failed())
      return 0;
    value |= uint64_t(next & 0x7F) << shift;
    if (next & 0x80)
      continue;
    if (bits - shift < 7 && next >> (bits - shift) != 0)
      break;
    return value;
  }
  // The last byte either goes on or holds bits that are too many.
  bool isTooLong = cursor[-1] & 0x80;
  fail(start,
       isTooLong ? "integer representation too long" : "integer too large");
  return 0;
}

/// As above; the bits past the integer's in the last byte repeat the sign.
int64_t Reader::signedInteger(unsigned bits) {
  uint64_t start = offset();
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    uint8_t next = byte();
    if (failed())
      return 0;
    value |= uint64_t(next & 0x7F) << shift;
    if (next & 0x80)
      continue;
    int last = static_cast<int8_t>(next << 1) >> 1;
    if (bits - shift < 7) {
      int sign = last >> (bits - shift - 1);
      if (sign != 0 && sign != -1)
        break;
    }
    if (shift + 7 < 64 && last < 0)
      value |= ~uint64_t(0) << (shift + 7);
    return static_cast<int64_t>(value);
  }
  bool isTooLong = cursor[-1] & 0x80;
  fail(start,
       isTooLong ? "integer representation too long" : "integer too large");
  return 0;
}

void Reader::copy(uint8_t *target, size_t sizeBytes) {
  if (LLVM_UNLIKELY(remaining() < sizeBytes)) {
    cursor = end;
    failAtEnd();
    std::memset(target, 0, sizeBytes);
    return;
  }
  std::memcpy(target, cursor, sizeBytes);
  cursor += sizeBytes;
}

Range Reader::bytes(uint64_t sizeBytes) {
  if (sizeBytes > remaining()) {
    fail(offset(), "unexpected end: length out of bounds");
    return {{}, offset()};
  }
  Range range{{cursor, static_cast<size_t>(sizeBytes)}, offset()};
  cursor += sizeBytes;
  return range;
}

Range Reader::sized() {
  uint32_t sizeBytes = u32();
  return bytes(sizeBytes);
}

uint32_t Reader::count(uint32_t limit, const char *what) {
  uint64_t start = offset();
  uint32_t count = u32();
  if (count > remaining()) {
    fail(start, llvm::formatv("unexpected end: length out of bounds: {0} {1}, "
                              "but {2} bytes are left",
                              count, what, remaining())
                    .str());
    return 0;
  }
  if (count > limit) {
    fail(start, llvm::formatv("too many {0}: {1}, at most {2} are supported",
                              what, count, limit)
                    .str());
    return 0;
  }
  return count;
}

StringRef Reader::name() {
  uint64_t start = offset();
  Range range = sized();
  const llvm::UTF8 *first = range.bytes.begin();
  if (!llvm::isLegalUTF8String(&first, range.bytes.end())) {
    fail(start, "malformed UTF-8 encoding");
    return {};
  }
  return {reinterpret_cast<const char *>(range.bytes.data()),
          range.bytes.size()};
}

/// The abstract heap type of a byte (Core 3.0, 5.3.3 Heap Types).
static std::optional<AbstractHeap> abstractHeap(uint8_t code) {
  switch (code) {
  case 0x69:
    return AbstractHeap::Exn;
  case 0x6A:
    return AbstractHeap::Array;
  case 0x6B:
    return AbstractHeap::Struct;
  case 0x6C:
    return AbstractHeap::I31;
  case 0x6D:
    return AbstractHeap::Eq;
  case 0x6E:
    return AbstractHeap::Any;
  case 0x6F:
    return AbstractHeap::Extern;
  case 0x70:
    return AbstractHeap::Func;
  case 0x71:
    return AbstractHeap::None;
  case 0x72:
    return AbstractHeap::NoExtern;
  case 0x73:
    return AbstractHeap::NoFunc;
  case 0x74:
    return AbstractHeap::NoExn;
  }
  return std::nullopt;
}

HeapType Reader::heapType() {
  uint64_t start = offset();
  if (std::optional<AbstractHeap> heap = abstractHeap(peek())) {
    byte();
    return *heap;
  }
  int64_t index = s33();
  if (failed())
    return {};
  if (index < 0)
    fail(start, "malformed heap type");
  else if (index >= limits::types)
    fail(start, "unknown type " + Twine(index));
  else
    return HeapType::concrete(static_cast<uint32_t>(index));
  return {};
}

ValType Reader::refType() {
  uint64_t start = offset();
  uint8_t code = byte();
  if (code == 0x63 || code == 0x64)
    return ValType::ref(heapType(), /*nullable=*/code == 0x63);
  if (std::optional<AbstractHeap> heap = abstractHeap(code))
    return ValType::ref(*heap, /*nullable=*/true);
  fail(start, "malformed reference type");
  return {};
}

ValType Reader::valType() {
  uint64_t start = offset();
  switch (peek()) {
  case 0x7F:
    byte();
    return ValType::I32;
  case 0x7E:
    byte();
    return ValType::I64;
  case 0x7D:
    byte();
    return ValType::F32;
  case 0x7C:
    byte();
    return ValType::F64;
  case 0x7B:
    byte();
    return ValType::V128;
  case 0x63:
  case 0x64:
    return refType();
  }
  if (abstractHeap(peek()))
    return refType();
  if (atEnd())
    failAtEnd();
  else
    fail(start, "malformed value type " +
                    llvm::utohexstr(peek(), /*LowerCase=*/true, 2));
  return {};
}
