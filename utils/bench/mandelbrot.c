// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: the Mandelbrot set in double precision, point by point: a short
// chain of floating point operations and a branch that is hard to predict.

#include <stdio.h>

enum { width = 1800, height = 1200, iterations = 200 };

int main(void) {
  unsigned long long inside = 0, steps = 0;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      double re = x * (3.0 / width) - 2.0, im = y * (2.0 / height) - 1.0;
      double a = 0, b = 0;
      int i = 0;
      while (i < iterations && a * a + b * b <= 4.0) {
        double next = a * a - b * b + re;
        b = 2 * a * b + im;
        a = next;
        ++i;
      }
      steps += (unsigned)i;
      inside += i == iterations;
    }
  printf("%llu of %d inside, %llu steps\n", inside, width * height, steps);
  return 0;
}
