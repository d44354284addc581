// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: SHA-256 (FIPS 180-4) of 98 MB. Rotations, additions and byte
// order, all in registers: what an instruction selector is worth.

#include <stdint.h>
#include <stdio.h>

enum { chunk = 1 << 16, chunks = 1500 };

// The first 32 bits of the fractional parts of roots of primes: the cube roots
// of 64 for the rounds, the square roots of 8 to begin with. Computed, so that
// there is nothing to mistype.
static uint32_t constants[64], initial[8];

static uint32_t fractionOfRoot(uint32_t prime, int degree) {
  // The largest r with r^degree <= prime * 2^(32 * degree), bit by bit; its low
  // 32 bits.
  uint64_t root = 0;
  for (int bit = 35; bit >= 0; --bit) {
    uint64_t tried = root | 1ull << bit;
    unsigned __int128 power = (unsigned __int128)tried * tried;
    unsigned __int128 limit = (unsigned __int128)prime << 64;
    int fits = degree == 2 ? power <= limit
                           : (power >> 32) * tried +
                                     (((power & 0xffffffff) * tried) >> 32) <
                                 limit;
    if (fits)
      root = tried;
  }
  return (uint32_t)root;
}

static void makeConstants(void) {
  int found = 0;
  for (uint32_t number = 2; found < 64; ++number) {
    int isPrime = 1;
    for (uint32_t divisor = 2; divisor * divisor <= number; ++divisor)
      isPrime &= number % divisor != 0;
    if (!isPrime)
      continue;
    if (found < 8)
      initial[found] = fractionOfRoot(number, 2);
    constants[found++] = fractionOfRoot(number, 3);
  }
}

static uint32_t rotate(uint32_t value, int by) {
  return value >> by | value << (32 - by);
}

static void compress(uint32_t *state, const uint8_t *block) {
  uint32_t w[64];
  for (int i = 0; i < 16; ++i, block += 4)
    w[i] = (uint32_t)block[0] << 24 | block[1] << 16 | block[2] << 8 | block[3];
  for (int i = 16; i < 64; ++i)
    w[i] = w[i - 16] + w[i - 7] +
           (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
           (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; ++i) {
    uint32_t one = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                   ((e & f) ^ (~e & g)) + constants[i] + w[i];
    uint32_t two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                   ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + one;
    d = c, c = b, b = a, a = one + two;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static uint8_t data[chunk];

int main(void) {
  makeConstants();
  uint32_t random = 1;
  for (int i = 0; i < chunk; ++i)
    data[i] = (random = random * 1664525 + 1013904223) >> 24;
  uint32_t state[8];
  for (int i = 0; i < 8; ++i)
    state[i] = initial[i];
  for (int i = 0; i < chunks; ++i)
    for (int offset = 0; offset < chunk; offset += 64)
      compress(state, data + offset);
  // The last block: the mark, zeros, and the length in bits.
  uint8_t last[64] = {0x80};
  uint64_t bits = (uint64_t)chunk * chunks * 8;
  for (int i = 0; i < 8; ++i)
    last[63 - i] = bits >> (8 * i);
  compress(state, last);
  for (int i = 0; i < 8; ++i)
    printf("%08x", state[i]);
  puts("");
  return 0;
}
