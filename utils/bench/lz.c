// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: a compressor of the LZ77 family with hash chains, and its inverse:
// comparing and copying bytes, short loops of unknown length.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
  size = 3 << 20,
  hashBits = 15,
  window = 1 << 16,
  shortest = 4,
  longest = 255 + shortest,
  attempts = 16,
  rounds = 5
};

static uint8_t text[size], packed[size + size / 8 + 16], unpacked[size];
static int32_t heads[1 << hashBits], previous[window];

static uint32_t state = 7;
static uint32_t chance(uint32_t below) {
  state = state * 1664525 + 1013904223;
  return (uint32_t)(((uint64_t)state * below) >> 32);
}

/// Records that resemble each other, as logs do.
static void writeText(void) {
  int at = 0;
  while (at < size) {
    char line[96];
    int length =
        snprintf(line, sizeof(line), "%u.%u host%u: request %u took %u",
                 1700000000 + at / 50, chance(1000), chance(20), chance(100000),
                 chance(300));
    for (int i = 0; i < length && at < size; ++i)
      text[at++] = (uint8_t)line[i];
    if (at < size)
      text[at++] = '\n';
  }
}

static uint32_t hashAt(int at) {
  uint32_t word;
  memcpy(&word, text + at, 4);
  return word * 2654435761u >> (32 - hashBits);
}

static int matchLength(int a, int b) {
  int length = 0;
  int most = size - b < longest ? size - b : longest;
  while (length < most && text[a + length] == text[b + length])
    ++length;
  return length;
}

static void insert(int at) {
  if (at + shortest > size)
    return;
  uint32_t hash = hashAt(at);
  previous[at & (window - 1)] = heads[hash];
  heads[hash] = at;
}

/// Groups of eight items behind a byte of flags: a literal, or a distance of
/// two bytes and a length. \returns the size.
static int compress(void) {
  for (int i = 0; i < 1 << hashBits; ++i)
    heads[i] = -1;
  int out = 0, flagsAt = 0, item = 0;
  for (int at = 0; at < size; ++item) {
    if (item % 8 == 0) {
      flagsAt = out;
      packed[out++] = 0;
    }
    int best = 0, from = 0;
    if (at + shortest <= size) {
      int candidate = heads[hashAt(at)];
      for (int i = 0; i < attempts && candidate >= 0 && at - candidate < window;
           ++i) {
        int length = matchLength(candidate, at);
        if (length > best) {
          best = length;
          from = candidate;
        }
        candidate = previous[candidate & (window - 1)];
      }
    }
    if (best < shortest) {
      packed[out++] = text[at];
      insert(at++);
      continue;
    }
    packed[flagsAt] |= (uint8_t)(1 << item % 8);
    packed[out++] = (uint8_t)(at - from);
    packed[out++] = (uint8_t)((at - from) >> 8);
    packed[out++] = (uint8_t)(best - shortest);
    for (int i = 0; i < best; ++i)
      insert(at++);
  }
  return out;
}

static int decompress(int packedSize) {
  int at = 0, flags = 0;
  for (int in = 0, item = 0; in < packedSize; ++item) {
    if (item % 8 == 0)
      flags = packed[in++];
    if (!(flags >> item % 8 & 1)) {
      unpacked[at++] = packed[in++];
      continue;
    }
    int distance = packed[in] | packed[in + 1] << 8;
    int length = packed[in + 2] + shortest;
    in += 3;
    for (int i = 0; i < length; ++i, ++at)
      unpacked[at] = unpacked[at - distance];
  }
  return at;
}

int main(void) {
  writeText();
  for (int round = 0; round < rounds; ++round) {
    int packedSize = compress();
    for (int again = 0; again < 8; ++again)
      if (decompress(packedSize) != size)
        return 1;
    if (memcmp(text, unpacked, size) != 0)
      return 1;
    printf("%d bytes in %d\n", size, packedSize);
    text[round] ^= 1;
  }
  return 0;
}
