// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// memmove and memcpy of executables, instead of libc's: memory.copy becomes
// the first (Core 3.0, 4.6.9), and a C guest's own memcpy is a memory.copy.
// musl's move backwards is a string instruction that takes a byte at a time.
//
// Up to 128 bytes are all loaded before any is stored, in pieces that overlap
// in the middle, so the order does not matter. More goes in steps of 64 bytes
// away from the overlap; the piece at the far end is loaded first and stored
// last.

#include <cstddef>
#include <cstdint>

namespace {

/// What is moved at once, at any address, over any type.
template <typename T>
struct [[gnu::packed, gnu::may_alias]] Piece {
  T value;
};
using Vector = uint64_t __attribute__((vector_size(16)));

template <typename T>
T load(const uint8_t *from) {
  return reinterpret_cast<const Piece<T> *>(from)->value;
}
template <typename T>
void store(uint8_t *to, T value) {
  reinterpret_cast<Piece<T> *>(to)->value = value;
}

/// Moves sizeof(T) to twice that.
template <typename T>
inline void moveEnds(uint8_t *to, const uint8_t *from, size_t count) {
  T first = load<T>(from), last = load<T>(from + count - sizeof(T));
  store(to, first);
  store(to + count - sizeof(T), last);
}

/// 64 bytes in registers.
struct Block {
  Vector parts[4];
};
inline Block loadBlock(const uint8_t *from) {
  return {{load<Vector>(from), load<Vector>(from + 16), load<Vector>(from + 32),
           load<Vector>(from + 48)}};
}
inline void storeBlock(uint8_t *to, const Block &block) {
  store(to, block.parts[0]);
  store(to + 16, block.parts[1]);
  store(to + 32, block.parts[2]);
  store(to + 48, block.parts[3]);
}

inline void moveSmall(uint8_t *to, const uint8_t *from, size_t count) {
  if (count >= 8)
    return moveEnds<uint64_t>(to, from, count);
  if (count >= 4)
    return moveEnds<uint32_t>(to, from, count);
  if (count >= 2)
    return moveEnds<uint16_t>(to, from, count);
  if (count == 1)
    *to = *from;
}

/// 33 to 64 bytes.
inline void moveQuarters(uint8_t *to, const uint8_t *from, size_t count) {
  Vector a = load<Vector>(from), b = load<Vector>(from + 16);
  Vector c = load<Vector>(from + count - 32);
  Vector d = load<Vector>(from + count - 16);
  store(to, a);
  store(to + 16, b);
  store(to + count - 32, c);
  store(to + count - 16, d);
}

constexpr size_t step = sizeof(Block);

[[gnu::no_builtin]] void moveForwards(uint8_t *to, const uint8_t *from,
                                      size_t count) {
  Block last = loadBlock(from + count - step);
  size_t at = 0;
  for (; at < count - step; at += step)
    storeBlock(to + at, loadBlock(from + at));
  storeBlock(to + count - step, last);
}

[[gnu::no_builtin]] void moveBackwards(uint8_t *to, const uint8_t *from,
                                       size_t count) {
  Block first = loadBlock(from);
  for (size_t end = count; end > step; end -= step)
    storeBlock(to + end - step, loadBlock(from + end - step));
  storeBlock(to, first);
}

/// Past this a string instruction is as fast as it gets, where nothing
/// overlaps.
constexpr size_t longSize = 8192;

} // namespace

extern "C" [[gnu::no_builtin, gnu::visibility("hidden")]] void *
memmove(void *to_, const void *from_, size_t count) {
  auto *to = static_cast<uint8_t *>(to_);
  auto *from = static_cast<const uint8_t *>(from_);
  if (count <= 16)
    moveSmall(to, from, count);
  else if (count <= 32)
    moveEnds<Vector>(to, from, count);
  else if (count <= 64)
    moveQuarters(to, from, count);
  else if (count <= 2 * step) {
    Block first = loadBlock(from), last = loadBlock(from + count - step);
    storeBlock(to, first);
    storeBlock(to + count - step, last);
  } else if (uintptr_t ahead = uintptr_t(to) - uintptr_t(from);
             ahead >= count) { // in front of it, or behind all of it
#if defined(__x86_64__)
    if (count >= longSize && -ahead >= count) {
      asm volatile("rep movsb"
                   : "+D"(to), "+S"(from), "+c"(count)
                   :
                   : "memory");
      return to_;
    }
#endif
    moveForwards(to, from, count);
  } else {
    moveBackwards(to, from, count);
  }
  return to_;
}

extern "C" [[gnu::alias("memmove"), gnu::visibility("hidden")]] void *
memcpy(void *to, const void *from, size_t count);
