// 64-bit and 128-bit arithmetic, bit tricks, division by constants, and overflow that the
// language defines.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 > %t.0.out
// RUN: moat %t.wasm -o %t.2 && %t.2 > %t.2.out
// RUN: %clang-host -O2 %s -o %t.native && %t.native > %t.expected
// RUN: diff %t.expected %t.0.out
// RUN: diff %t.expected %t.2.out

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

static uint64_t state = 88172645463325252u;
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static uint64_t multiplyModulo(uint64_t a, uint64_t b, uint64_t modulus) {
  uint64_t result = 0;
  for (; b; b >>= 1) {
    if (b & 1)
      result = result >= modulus - a ? result - (modulus - a) : result + a;
    a = a >= modulus - a ? a - (modulus - a) : a + a;
  }
  return result;
}

static uint64_t powerModulo(uint64_t base, uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1)
      result = multiplyModulo(result, base, modulus);
    base = multiplyModulo(base, base, modulus);
  }
  return result;
}

static int isPrime(uint64_t n) {
  static const uint64_t bases[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
  if (n < 2)
    return 0;
  for (int i = 0; i < 12; ++i)
    if (n % bases[i] == 0)
      return n == bases[i];
  uint64_t odd = n - 1;
  int twos = __builtin_ctzll(odd);
  odd >>= twos;
  for (int i = 0; i < 12; ++i) {
    uint64_t x = powerModulo(bases[i] % n, odd, n);
    int isWitness = x != 1 && x != n - 1;
    for (int j = 1; isWitness && j < twos; ++j) {
      x = multiplyModulo(x, x, n);
      isWitness = x != n - 1;
    }
    if (isWitness)
      return 0;
  }
  return 1;
}

int main(void) {
  uint64_t mix = 0;
  for (int i = 0; i < 2000; ++i) {
    uint64_t a = next(), b = next();
    int64_t s = (int64_t)a, t = (int64_t)b >> (i % 60);
    mix += a * b + (a >> (b & 63)) + (a << (i & 63));
    mix ^= a / (b >> (i % 63) | 1) + a % (b >> (i % 61) | 1);
    mix += s / (t | 1) + s % (t | 1) + s / 1000 + s % 7 + a / 10 + a % 641;
    mix ^= __builtin_clzll(a | 1) * 3 + __builtin_ctzll(a | 2) + __builtin_popcountll(a);
    mix += (uint32_t)a / 7 + (int32_t)b / -13 + (int16_t)a * (int8_t)b + (uint8_t)(a >> 9);
    mix = mix << 11 | mix >> 53;
    unsigned __int128 wide = (unsigned __int128)a * b;
    mix ^= (uint64_t)(wide >> 64) + (uint64_t)(wide >> (i % 128));
    int64_t sum;
    mix += __builtin_add_overflow(s, t, &sum) + 2 * __builtin_mul_overflow(s, t, &sum);
  }
  printf("%016" PRIx64 "\n", mix);
  int primes = 0;
  for (uint64_t n = UINT64_MAX - 400; n != 0; ++n)
    primes += isPrime(n);
  printf("%d primes near 2^64; the last is %s\n", primes,
         isPrime(18446744073709551557u) ? "right" : "wrong");
  printf("%" PRId64 " %" PRIu64 " %" PRIx64 "\n", INT64_MIN, UINT64_MAX, (uint64_t)INT64_MAX);
}
