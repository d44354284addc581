// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: BLAKE2b (RFC 7693) of a long message: 64-bit additions, rotations
// and exclusive ors, with all of the state alive.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { blockSize = 128, bufferSize = 1 << 20, rounds = 220 };

static const uint64_t initial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b,
                                    0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                    0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                    0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

static const uint8_t schedule[12][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

static uint64_t rotate(uint64_t value, int count) {
  return value >> count | value << (64 - count);
}

static void mix(uint64_t *v, int a, int b, int c, int d, uint64_t x,
                uint64_t y) {
  v[a] += v[b] + x;
  v[d] = rotate(v[d] ^ v[a], 32);
  v[c] += v[d];
  v[b] = rotate(v[b] ^ v[c], 24);
  v[a] += v[b] + y;
  v[d] = rotate(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = rotate(v[b] ^ v[c], 63);
}

static void compress(uint64_t hash[8], const uint8_t *block, uint64_t count,
                     int isLast) {
  uint64_t v[16], message[16];
  memcpy(message, block, sizeof(message));
  memcpy(v, hash, 8 * sizeof(*v));
  memcpy(v + 8, initial, sizeof(initial));
  v[12] ^= count;
  if (isLast)
    v[14] = ~v[14];
  for (int round = 0; round < 12; ++round) {
    const uint8_t *s = schedule[round];
    mix(v, 0, 4, 8, 12, message[s[0]], message[s[1]]);
    mix(v, 1, 5, 9, 13, message[s[2]], message[s[3]]);
    mix(v, 2, 6, 10, 14, message[s[4]], message[s[5]]);
    mix(v, 3, 7, 11, 15, message[s[6]], message[s[7]]);
    mix(v, 0, 5, 10, 15, message[s[8]], message[s[9]]);
    mix(v, 1, 6, 11, 12, message[s[10]], message[s[11]]);
    mix(v, 2, 7, 8, 13, message[s[12]], message[s[13]]);
    mix(v, 3, 4, 9, 14, message[s[14]], message[s[15]]);
  }
  for (int i = 0; i < 8; ++i)
    hash[i] ^= v[i] ^ v[i + 8];
}

/// The digest of \p size bytes, a multiple of the block's, 64 bytes long.
static void blake2b(const uint8_t *text, uint64_t size, uint64_t hash[8]) {
  memcpy(hash, initial, sizeof(initial));
  hash[0] ^= 0x01010000 ^ 64;
  for (uint64_t at = 0; at < size; at += blockSize)
    compress(hash, text + at, at + blockSize, at + blockSize == size);
}

static uint8_t buffer[bufferSize];

int main(void) {
  for (int i = 0; i < bufferSize; ++i)
    buffer[i] = (uint8_t)(i * 31 >> 3);
  uint64_t hash[8];
  for (int round = 0; round < rounds; ++round) {
    blake2b(buffer, bufferSize, hash);
    memcpy(buffer, hash, sizeof(hash));
  }
  for (int i = 0; i < 8; ++i)
    printf("%016llx", (unsigned long long)hash[i]);
  printf("\n");
  return 0;
}
