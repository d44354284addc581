/* SHA-256 (FIPS 180-4) of what lies in the input buffer. */

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

static uint32_t k[64];
static uint8_t buffer[65536 + 128];
static uint8_t digest[32];

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

/* The constants are the fractions of square and cube roots of primes: by integers alone. */
static uint32_t fractionOfRoot(uint32_t n, int degree) {
  uint64_t low = 0, high = (uint64_t)1 << 36; /* of the root times 2^32 */
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    __uint128_t power = (__uint128_t)middle * middle, wanted = (__uint128_t)n << 64;
    if (degree == 3) {
      power *= middle;
      wanted <<= 32;
    }
    if (power <= wanted)
      low = middle;
    else
      high = middle;
  }
  return (uint32_t)low;
}

static void compress(uint32_t *state, const uint8_t *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; ++i)
    w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 |
           block[4 * i + 3];
  for (int i = 16; i < 64; ++i) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
           (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  for (int i = 0; i < 8; ++i)
    s[i] = state[i];
  for (int i = 0; i < 64; ++i) {
    uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                  ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
    uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
                  ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    for (int j = 7; j > 0; --j)
      s[j] = s[j - 1];
    s[4] += t1;
    s[0] = t1 + t2;
  }
  for (int i = 0; i < 8; ++i)
    state[i] += s[i];
}

/* Where the caller puts its data: 65,536 bytes. */
void *EXPORT(input)(void) { return buffer; }

/* The digest of the first \p size bytes; null if there are too many. */
void *EXPORT(hash)(uint32_t size) {
  uint32_t state[8], count = 0;
  if (size > 65536)
    return 0;
  for (uint32_t n = 2; count < 64; ++n) {
    int isPrime = 1;
    for (uint32_t d = 2; d * d <= n; ++d)
      isPrime &= n % d != 0;
    if (!isPrime)
      continue;
    if (count < 8)
      state[count] = fractionOfRoot(n, 2);
    k[count++] = fractionOfRoot(n, 3);
  }
  uint32_t padded = (size + 9 + 63) / 64 * 64;
  for (uint32_t i = size; i < padded; ++i)
    buffer[i] = i == size ? 0x80 : 0;
  for (int i = 0; i < 8; ++i)
    buffer[padded - 1 - i] = (uint8_t)((uint64_t)size * 8 >> 8 * i);
  for (uint32_t at = 0; at < padded; at += 64)
    compress(state, buffer + at);
  for (int i = 0; i < 32; ++i)
    digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}
