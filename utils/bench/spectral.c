// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: the spectral norm of a matrix given by a formula, by power
// iteration. A double division for each element, in loops that a compiler may
// vectorize.

#include <math.h>
#include <stdio.h>

enum { size = 2500, rounds = 12 };

static double element(int row, int column) {
  int diagonal = row + column;
  return 1.0 / (diagonal * (diagonal + 1) / 2 + row + 1);
}

static void multiply(const double *from, double *to, int transposed) {
  for (int i = 0; i < size; ++i) {
    double sum = 0;
    for (int j = 0; j < size; ++j)
      sum += (transposed ? element(j, i) : element(i, j)) * from[j];
    to[i] = sum;
  }
}

static double u[size], v[size], between[size];

int main(void) {
  for (int i = 0; i < size; ++i)
    u[i] = 1;
  for (int i = 0; i < rounds; ++i) {
    multiply(u, between, 0);
    multiply(between, v, 1);
    multiply(v, between, 0);
    multiply(between, u, 1);
  }
  double uv = 0, vv = 0;
  for (int i = 0; i < size; ++i)
    uv += u[i] * v[i], vv += v[i] * v[i];
  printf("%.9f\n", sqrt(uv / vv));
  return 0;
}
