// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: loops over arrays, of the kinds that numerical suites have; the
// first argument names one. Producers for wasm unroll such loops, and native
// compilers vectorize them for the machine they know.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KERNEL __attribute__((noinline)) static void

enum { n = 400, edge = 60, line = 20000 };

static double a[n][n], b[n][n], c[n][n], u[n], v[n], x[n], y[n];
static double cube[edge][edge][edge], other[edge][edge][edge];
static double row[line], next[line];
static float single[line], scaled[line];
static int32_t path[n][n], table[n][n];
static uint8_t bytes[line], text[n];
static volatile double factor = 1.5;

KERNEL gemm(void) {
  double alpha = factor, beta = 0.25;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j)
      c[i][j] *= beta;
    for (int k = 0; k < n; ++k)
      for (int j = 0; j < n; ++j)
        c[i][j] += alpha * a[i][k] * b[k][j];
  }
}

KERNEL jacobi1d(void) {
  for (int i = 1; i < line - 1; ++i)
    next[i] = 0.33333 * (row[i - 1] + row[i] + row[i + 1]);
  for (int i = 1; i < line - 1; ++i)
    row[i] = 0.33333 * (next[i - 1] + next[i] + next[i + 1]);
}

static void smooth(double to[n][n], double from[n][n]) {
  for (int i = 1; i < n - 1; ++i)
    for (int j = 1; j < n - 1; ++j)
      to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] +
                        from[i + 1][j] + from[i - 1][j]);
}

KERNEL jacobi2d(void) {
  smooth(b, a);
  smooth(a, b);
}

static void diffuse(double to[edge][edge][edge],
                    double from[edge][edge][edge]) {
  for (int i = 1; i < edge - 1; ++i)
    for (int j = 1; j < edge - 1; ++j)
      for (int k = 1; k < edge - 1; ++k) {
        double here = from[i][j][k];
        to[i][j][k] =
            here + 0.125 * (from[i + 1][j][k] - 2 * here + from[i - 1][j][k]) +
            0.125 * (from[i][j + 1][k] - 2 * here + from[i][j - 1][k]) +
            0.125 * (from[i][j][k + 1] - 2 * here + from[i][j][k - 1]);
      }
}

KERNEL heat3d(void) {
  diffuse(other, cube);
  diffuse(cube, other);
}

KERNEL fdtd2d(void) {
  for (int j = 0; j < n; ++j)
    a[0][j] = factor;
  for (int i = 1; i < n; ++i)
    for (int j = 0; j < n; ++j)
      a[i][j] -= 0.5 * (c[i][j] - c[i - 1][j]);
  for (int i = 0; i < n; ++i)
    for (int j = 1; j < n; ++j)
      b[i][j] -= 0.5 * (c[i][j] - c[i][j - 1]);
  for (int i = 0; i < n - 1; ++i)
    for (int j = 0; j < n - 1; ++j)
      c[i][j] -= 0.7 * (b[i][j + 1] - b[i][j] + a[i + 1][j] - a[i][j]);
}

KERNEL floydWarshall(void) {
  for (int k = 0; k < n; ++k)
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        path[i][j] = path[i][j] < path[i][k] + path[k][j]
                         ? path[i][j]
                         : path[i][k] + path[k][j];
}

static int larger(int one, int two) { return one >= two ? one : two; }

KERNEL nussinov(void) {
  for (int i = n - 1; i >= 0; --i)
    for (int j = i + 1; j < n; ++j) {
      table[i][j] = larger(table[i][j], table[i][j - 1]);
      if (i + 1 < n) {
        table[i][j] = larger(table[i][j], table[i + 1][j]);
        int pair = i < j - 1 && text[i] + text[j] == 3;
        table[i][j] = larger(table[i][j], table[i + 1][j - 1] + pair);
      }
      for (int k = i + 1; k < j; ++k)
        table[i][j] = larger(table[i][j], table[i][k] + table[k + 1][j]);
    }
}

KERNEL lu(void) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      for (int k = 0; k < j; ++k)
        a[i][j] -= a[i][k] * a[k][j];
      a[i][j] /= a[j][j];
    }
    for (int j = i; j < n; ++j)
      for (int k = 0; k < i; ++k)
        a[i][j] -= a[i][k] * a[k][j];
  }
}

KERNEL mvt(void) {
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      u[i] += a[i][j] * x[j];
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      v[i] += a[j][i] * y[j];
}

KERNEL gemver(void) {
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      a[i][j] += u[i] * x[j] + v[i] * y[j];
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      x[i] += 1e-9 * a[j][i] * y[j];
}

// Products of row i with the rows after it, into the upper triangle.
KERNEL syrk(void) {
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < n; ++k)
      for (int j = 0; j <= i; ++j)
        c[i][j] += 1e-9 * a[i][k] * b[j][k];
}

__attribute__((noinline)) static void scale(float *to, const float *from,
                                            float by, int count) {
  for (int i = 0; i < count; ++i)
    to[i] += by * from[i];
}

KERNEL saxpy(void) { scale(scaled, single, (float)factor, line); }

__attribute__((noinline)) static uint32_t sum(const uint8_t *from,
                                              uint32_t count) {
  uint32_t total = 0;
  for (uint32_t i = 0; i < count; ++i)
    total += from[i];
  return total;
}

KERNEL byteSum(void) { path[0][0] += sum(bytes, line); }

KERNEL invert(void) {
  for (int i = 0; i < line; ++i)
    bytes[i] = (uint8_t)(255 - bytes[i]);
}

KERNEL histogram(void) {
  static uint32_t counts[256];
  for (int i = 0; i < line; ++i)
    ++counts[bytes[i]];
  path[1][1] = (int32_t)counts[7];
}

static const struct {
  const char *name;
  void (*run)(void);
  int times;
} kernels[] = {
    {"gemm", gemm, 10},
    {"jacobi-1d", jacobi1d, 12000},
    {"jacobi-2d", jacobi2d, 1000},
    {"heat-3d", heat3d, 700},
    {"fdtd-2d", fdtd2d, 700},
    {"floyd-warshall", floydWarshall, 10},
    {"nussinov", nussinov, 8},
    {"lu", lu, 6},
    {"mvt", mvt, 1000},
    {"gemver", gemver, 700},
    {"syrk", syrk, 6},
    {"saxpy", saxpy, 50000},
    {"byte-sum", byteSum, 100000},
    {"invert", invert, 200000},
    {"histogram", histogram, 12000},
};

static double checksum(void) {
  double all = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      all += a[i][j] + b[i][j] * 3 + c[i][j] * 5 + path[i][j] + table[i][j];
  for (int i = 0; i < n; ++i)
    all += u[i] + v[i] * 3 + x[i];
  for (int i = 0; i < edge * edge * edge; ++i)
    all += cube[0][0][i] + other[0][0][i];
  for (int i = 0; i < line; ++i)
    all += row[i] + next[i] * 3 + scaled[i] + bytes[i] * 5;
  return all;
}

int main(int argc, char **argv) {
  for (int i = 0; i < n; ++i) {
    text[i] = i * 7 % 4;
    x[i] = i % 7 * 0.125, y[i] = i % 5 * 0.25;
    for (int j = 0; j < n; ++j) {
      a[i][j] = (i * 7 + j * 3) % 11 * 0.125 + (i == j ? n : 0);
      b[i][j] = (i * 5 + j * 13) % 17 * 0.25;
      c[i][j] = (i * 3 + j * 11) % 13 * 0.5;
      path[i][j] = (i * j) % 7 + 1 + ((i + j) % 13 == 0 ? 999 : 0);
    }
  }
  for (int i = 0; i < edge * edge * edge; ++i)
    cube[0][0][i] = i % 19 * 0.5;
  for (int i = 0; i < line; ++i) {
    row[i] = i % 23, single[i] = (float)(i % 29);
    bytes[i] = (uint8_t)(i * 31);
  }
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; ++i) {
    if (argc != 2 || strcmp(argv[1], kernels[i].name))
      continue;
    for (int j = 0; j < kernels[i].times; ++j)
      kernels[i].run();
    printf("%s %.9e\n", argv[1], checksum());
    return 0;
  }
  fprintf(stderr, "usage: loops KERNEL, one of\n");
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; ++i)
    fprintf(stderr, "  %s\n", kernels[i].name);
  return 2;
}
