// Matrices of floats, doubles and integers: products, elimination, transposition in place;
// loops that the optimizer vectorizes.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: %clang-wasi -O2 -fno-unroll-loops %s -o %t.rolled.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 > %t.0.out
// RUN: moat %t.wasm -o %t.2 && %t.2 > %t.2.out
// RUN: moat -O3 %t.rolled.wasm -o %t.3 && %t.3 > %t.3.out
// RUN: %clang-host -O1 -ffp-contract=off %s -o %t.native -lm && %t.native > %t.expected
// RUN: diff %t.expected %t.0.out
// RUN: diff %t.expected %t.2.out
// RUN: diff %t.expected %t.3.out

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { n = 65 };
static double a[n][n], b[n][n], c[n][n];
static float f[n][n];
static int integers[n][n];
static unsigned char bytes[1000];
static short shorts[999];

static unsigned state = 1;
static double next(void) {
  state = state * 1664525 + 1013904223;
  return (int)(state >> 8) / 65536.0 - 128;
}

static double determinant(void) {
  double result = 1;
  for (int k = 0; k < n; ++k) {
    int pivot = k;
    for (int i = k + 1; i < n; ++i)
      if (fabs(c[i][k]) > fabs(c[pivot][k]))
        pivot = i;
    if (pivot != k) {
      result = -result;
      for (int j = 0; j < n; ++j) {
        double t = c[k][j];
        c[k][j] = c[pivot][j];
        c[pivot][j] = t;
      }
    }
    result *= c[k][k] / 1000;
    for (int i = k + 1; i < n; ++i) {
      double factor = c[i][k] / c[k][k];
      for (int j = k; j < n; ++j)
        c[i][j] -= factor * c[k][j];
    }
  }
  return result;
}

int main(void) {
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      a[i][j] = next();
      b[i][j] = next();
      f[i][j] = (float)next();
      integers[i][j] = (int)(next() * 1000);
    }
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int k = 0; k < n; ++k)
        sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  double trace = 0;
  for (int i = 0; i < n; ++i)
    trace += c[i][i];
  printf("%.17g\n%.17g\n", trace, determinant());

  for (int i = 0; i < n; ++i)
    for (int j = 0; j < i; ++j) {
      float t = f[i][j];
      f[i][j] = f[j][i];
      f[j][i] = t;
    }
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      f[i][j] = f[i][j] * 0.5f + 1.25f;
  float largest = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      largest = f[i][j] > largest ? f[i][j] : largest;
  printf("%.9g %.9g %.9g\n", f[0][n - 1], f[n - 1][0], largest);

  long long sum = 0;
  unsigned all = 0;
  int least = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      sum += integers[i][j];
      all ^= integers[i][j] * 2654435761u;
      least = integers[i][j] < least ? integers[i][j] : least;
    }
  printf("%lld %u %d\n", sum, all, least);

  for (int i = 0; i < 1000; ++i)
    bytes[i] = i * 7;
  for (int i = 0; i < 999; ++i)
    shorts[i] = bytes[i] * 3 - bytes[i + 1] * 2;
  unsigned total = 0;
  int product = 0;
  for (int i = 0; i < 999; ++i) {
    total += bytes[i];
    product += shorts[i] * bytes[998 - i];
  }
  printf("%u %d\n", total, product);
}
