// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: the product of two matrices of doubles, row by row. Native
// compilers vectorize its inner loop for the machine they know.

#include <stdio.h>

enum { size = 600, times = 12 };

static double a[size][size], b[size][size], c[size][size];

static void multiply(void) {
  for (int i = 0; i < size; ++i)
    for (int k = 0; k < size; ++k)
      for (int j = 0; j < size; ++j)
        c[i][j] += a[i][k] * b[k][j];
}

int main(void) {
  for (int i = 0; i < size; ++i)
    for (int j = 0; j < size; ++j) {
      a[i][j] = (i * 7 + j * 3) % 11 - 5;
      b[i][j] = (i * 5 + j * 13) % 17 * 0.25;
    }
  for (int i = 0; i < times; ++i)
    multiply();
  double trace = 0, sum = 0;
  for (int i = 0; i < size; ++i) {
    trace += c[i][i];
    for (int j = 0; j < size; ++j)
      sum += c[i][j];
  }
  printf("%.3f %.3f\n", trace, sum);
  return 0;
}
