// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: kernels written with 128-bit intrinsics, WebAssembly's and SSE's
// (x86-64-v2), as image, sound and text programs have them. The argument names
// a kernel; each prints a checksum that must be the same everywhere.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
typedef v128_t Vector;
#define load(p) wasm_v128_load(p)
#define store(p, v) wasm_v128_store(p, v)
#define splat8(x) wasm_i8x16_splat(x)
#define splat32(x) wasm_i32x4_splat(x)
#define splatF32(x) wasm_f32x4_splat(x)
#define average8(a, b) wasm_u8x16_avgr(a, b)
#define addSaturated8(a, b) wasm_u8x16_add_sat(a, b)
#define subtractSaturated8(a, b) wasm_u8x16_sub_sat(a, b)
#define and(a, b) wasm_v128_and(a, b)
#define xor(a, b) wasm_v128_xor(a, b)
#define shiftRight16(a, n) wasm_u16x8_shr(a, n)
#define add8(a, b) wasm_i8x16_add(a, b)
#define add32(a, b) wasm_i32x4_add(a, b)
#define subtract32(a, b) wasm_i32x4_sub(a, b)
#define dot16(a, b) wasm_i32x4_dot_i16x8(a, b)
#define look(table, at) wasm_i8x16_swizzle(table, at)
#define lowBytes(a, b)                                                         \
  wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, \
                     23)
#define highBytes(a, b)                                                        \
  wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14,   \
                     30, 15, 31)
#define equal8(a, b) wasm_i8x16_eq(a, b)
#define mask8(a) wasm_i8x16_bitmask(a)
#define maskF32(a) wasm_i32x4_bitmask(a)
#define widenLow16(a) wasm_u16x8_extend_low_u8x16(a)
#define widenHigh16(a) wasm_u16x8_extend_high_u8x16(a)
#define multiply16(a, b) wasm_i16x8_mul(a, b)
#define splat16(x) wasm_i16x8_splat(x)
#define narrow16(a, b) wasm_u8x16_narrow_i16x8(a, b)
#define addF32(a, b) wasm_f32x4_add(a, b)
#define subtractF32(a, b) wasm_f32x4_sub(a, b)
#define multiplyF32(a, b) wasm_f32x4_mul(a, b)
#define smallerF32(a, b) wasm_f32x4_pmin(a, b)
#define largerF32(a, b) wasm_f32x4_pmax(a, b)
#define atMostF32(a, b) wasm_f32x4_le(a, b)
#define toInt32(a) wasm_i32x4_trunc_sat_f32x4(a)
#define toF32(a) wasm_f32x4_convert_i32x4(a)
#else
#include <nmmintrin.h>
typedef __m128i Vector;
#define F(v) _mm_castsi128_ps(v)
#define I(v) _mm_castps_si128(v)
#define load(p) _mm_loadu_si128((const __m128i *)(p))
#define store(p, v) _mm_storeu_si128((__m128i *)(p), v)
#define splat8(x) _mm_set1_epi8(x)
#define splat32(x) _mm_set1_epi32(x)
#define splatF32(x) I(_mm_set1_ps(x))
#define average8(a, b) _mm_avg_epu8(a, b)
#define addSaturated8(a, b) _mm_adds_epu8(a, b)
#define subtractSaturated8(a, b) _mm_subs_epu8(a, b)
#define and(a, b) _mm_and_si128(a, b)
#define xor(a, b) _mm_xor_si128(a, b)
#define shiftRight16(a, n) _mm_srli_epi16(a, n)
#define add8(a, b) _mm_add_epi8(a, b)
#define add32(a, b) _mm_add_epi32(a, b)
#define subtract32(a, b) _mm_sub_epi32(a, b)
#define dot16(a, b) _mm_madd_epi16(a, b)
#define look(table, at) _mm_shuffle_epi8(table, at)
#define lowBytes(a, b) _mm_unpacklo_epi8(a, b)
#define highBytes(a, b) _mm_unpackhi_epi8(a, b)
#define equal8(a, b) _mm_cmpeq_epi8(a, b)
#define mask8(a) _mm_movemask_epi8(a)
#define maskF32(a) _mm_movemask_ps(F(a))
#define widenLow16(a) _mm_cvtepu8_epi16(a)
#define widenHigh16(a) _mm_unpackhi_epi8(a, _mm_setzero_si128())
#define multiply16(a, b) _mm_mullo_epi16(a, b)
#define splat16(x) _mm_set1_epi16(x)
#define narrow16(a, b) _mm_packus_epi16(a, b)
#define addF32(a, b) I(_mm_add_ps(F(a), F(b)))
#define subtractF32(a, b) I(_mm_sub_ps(F(a), F(b)))
#define multiplyF32(a, b) I(_mm_mul_ps(F(a), F(b)))
#define smallerF32(a, b) I(_mm_min_ps(F(b), F(a)))
#define largerF32(a, b) I(_mm_max_ps(F(b), F(a)))
#define atMostF32(a, b) I(_mm_cmple_ps(F(a), F(b)))
#define toInt32(a) _mm_cvttps_epi32(F(a))
#define toF32(a) I(_mm_cvtepi32_ps(a))
#endif

enum { size = 1 << 16, lanes = 16 };

static uint8_t first[size], second[size], result[2 * size];

static void fill(void) {
  uint32_t state = 12345;
  for (int i = 0; i < size; ++i) {
    state = state * 1664525 + 1013904223;
    first[i] = state >> 24;
    second[i] = state >> 16;
  }
}

static uint32_t checksum(int bytes) {
  uint32_t sum = 2166136261u;
  for (int i = 0; i < bytes; ++i)
    sum = (sum ^ result[i]) * 16777619;
  return sum;
}

/// Two pictures blended, brightened and darkened.
static uint32_t blend(void) {
  memcpy(result, first, size);
  for (int round = 0; round < 240000; ++round)
    for (int i = 0; i < size; i += lanes) {
      Vector mixed = average8(load(result + i), load(second + i));
      mixed = addSaturated8(mixed, splat8(9));
      store(result + i, subtractSaturated8(mixed, splat8(round & 15)));
    }
  return checksum(size);
}

/// Scaled by a factor of 8 bits: widened, multiplied, narrowed.
static uint32_t scale(void) {
  for (int round = 0; round < 240000; ++round) {
    Vector factor = splat16(100 + (round & 127));
    for (int i = 0; i < size; i += lanes) {
      Vector pixels = load(first + i);
      Vector low = shiftRight16(multiply16(widenLow16(pixels), factor), 8);
      Vector high = shiftRight16(multiply16(widenHigh16(pixels), factor), 8);
      store(result + i, narrow16(low, high));
    }
  }
  return checksum(size);
}

/// The dot product of 16-bit samples, as of a filter.
static uint32_t dot(void) {
  uint32_t sum = 0;
  for (int round = 0; round < 300000; ++round) {
    Vector sums = splat32(round);
    for (int i = 0; i < size; i += lanes)
      sums = add32(sums, dot16(load(first + i), load(second + i)));
    uint32_t parts[4];
    store(parts, sums);
    sum += parts[0] ^ parts[1] ^ parts[2] ^ parts[3];
  }
  return sum;
}

/// Bytes as hexadecimal digits: a table of 16 and interleaving.
static uint32_t hex(void) {
  Vector digits = load("0123456789abcdef"), nibble = splat8(15);
  for (int round = 0; round < 120000; ++round) {
    Vector key = splat8(round);
    for (int i = 0; i < size; i += lanes) {
      Vector bytes = xor(load(first + i), key);
      Vector high = look(digits, and(shiftRight16(bytes, 4), nibble));
      Vector low = look(digits, and(bytes, nibble));
      store(result + 2 * i, lowBytes(high, low));
      store(result + 2 * i + lanes, highBytes(high, low));
    }
  }
  return checksum(2 * size);
}

/// Where a byte is found: comparisons and masks.
static uint32_t find(void) {
  uint32_t sum = 0;
  for (int round = 0; round < 240000; ++round) {
    Vector wanted = splat8(round);
    for (int i = 0; i < size; i += 4 * lanes) {
      unsigned mask = mask8(equal8(load(first + i), wanted)) ^
                      mask8(equal8(load(first + i + lanes), wanted)) << 1 ^
                      mask8(equal8(load(second + i), wanted)) << 2;
      if (mask)
        sum += mask + i;
    }
  }
  return sum;
}

/// The Mandelbrot set, four points at once.
static uint32_t fractal(void) {
  uint32_t sum = 0;
  enum { width = 3600 };
  for (int y = 0; y < width; ++y)
    for (int x = 0; x < width; x += 4) {
      static const float steps[4] = {0, 1, 2, 3};
      Vector re = addF32(multiplyF32(addF32(load(steps), splatF32((float)x)),
                                     splatF32(3.0f / width)),
                         splatF32(-2.0f));
      Vector im = splatF32((float)y * (2.0f / width) - 1.0f);
      Vector a = re, b = im, counts = splat32(0);
      for (int i = 0; i < 100; ++i) {
        Vector aa = multiplyF32(a, a), bb = multiplyF32(b, b);
        Vector inside = atMostF32(addF32(aa, bb), splatF32(4.0f));
        if (!maskF32(inside))
          break;
        counts = subtract32(counts, inside);
        b = addF32(multiplyF32(addF32(a, a), b), im);
        a = addF32(subtractF32(aa, bb), re);
      }
      uint32_t parts[4];
      store(parts, counts);
      sum = sum * 31 + parts[0] + parts[1] + parts[2] + parts[3];
    }
  return sum;
}

/// Samples amplified, cut off, and converted to integers and back.
static uint32_t clip(void) {
  for (int i = 0; i < size; i += 4) {
    float sample = (float)first[i] - 128.0f;
    memcpy(result + i, &sample, sizeof(sample));
  }
  for (int round = 0; round < 120000; ++round) {
    Vector gain = splatF32(1.0f + (float)(round & 7) * 0.01f);
    for (int i = 0; i < size; i += lanes) {
      Vector samples = multiplyF32(load(result + i), gain);
      samples =
          largerF32(smallerF32(samples, splatF32(127.0f)), splatF32(-128.0f));
      store(result + i, toF32(toInt32(samples)));
    }
  }
  return checksum(size);
}

static const struct {
  const char *name;
  uint32_t (*run)(void);
} kernels[] = {{"blend", blend}, {"scale", scale}, {"dot", dot},
               {"hex", hex},     {"find", find},   {"fractal", fractal},
               {"clip", clip}};

int main(int argc, char **argv) {
  fill();
  for (unsigned i = 0; i < sizeof(kernels) / sizeof(*kernels); ++i)
    if (argc < 2 || !strcmp(argv[1], kernels[i].name))
      printf("%s %u\n", kernels[i].name, (unsigned)kernels[i].run());
  return 0;
}
