// SHA-256 of known messages (FIPS 180-4), and of a megabyte.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 | FileCheck %s
// RUN: moat %t.wasm -o %t.2 && %t.2 | FileCheck %s
// RUN: moat -O3 %t.wasm -o %t.3 && %t.3 | FileCheck %s

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t constants[64], initial[8];

// The fractional parts of the cube and square roots of the first primes.
static uint32_t fractionOfRoot(unsigned prime, int degree) {
  // Integer search: the largest r with r^degree <= prime * 2^(32*degree).
  unsigned __int128 target = prime;
  uint64_t low = 0, high = (uint64_t)32 << 32;
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    unsigned __int128 power = (unsigned __int128)middle * middle;
    if (degree == 3)
      power *= middle;
    if (power > target << 32 * degree)
      high = middle;
    else
      low = middle;
  }
  return (uint32_t)low;
}

static void makeConstants(void) {
  int count = 0;
  for (unsigned n = 2; count < 64; ++n) {
    int isPrime = 1;
    for (unsigned d = 2; d * d <= n; ++d)
      isPrime &= n % d != 0;
    if (!isPrime)
      continue;
    if (count < 8)
      initial[count] = fractionOfRoot(n, 2);
    constants[count++] = fractionOfRoot(n, 3);
  }
}

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void compress(uint32_t *state, const uint8_t *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; ++i)
    w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 |
           block[4 * i + 3];
  for (int i = 16; i < 64; ++i) {
    uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; ++i) {
    uint32_t e = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
    uint32_t t1 = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
    uint32_t a = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
    uint32_t t2 = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; ++i)
    state[i] += s[i];
}

static void hash(const uint8_t *message, size_t size) {
  uint32_t state[8];
  memcpy(state, initial, sizeof state);
  size_t position = 0;
  for (; size - position >= 64; position += 64)
    compress(state, message + position);
  uint8_t tail[128] = {0};
  size_t rest = size - position, blocks = rest < 56 ? 1 : 2;
  memcpy(tail, message + position, rest);
  tail[rest] = 0x80;
  for (int i = 0; i < 8; ++i)
    tail[blocks * 64 - 1 - i] = (uint64_t)size * 8 >> 8 * i;
  for (size_t i = 0; i < blocks; ++i)
    compress(state, tail + 64 * i);
  for (int i = 0; i < 8; ++i)
    printf("%08x", state[i]);
  printf("\n");
}

static uint8_t megabyte[1000000];

int main(void) {
  makeConstants();
  hash((const uint8_t *)"", 0);
  // CHECK: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
  hash((const uint8_t *)"abc", 3);
  // CHECK: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
  const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  hash((const uint8_t *)two, strlen(two));
  // CHECK: 248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1
  memset(megabyte, 'a', sizeof megabyte);
  hash(megabyte, sizeof megabyte);
  // CHECK: cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0
}
