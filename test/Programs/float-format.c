// Floating-point numbers through printf, strtod and the math library.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 > %t.0.out
// RUN: moat %t.wasm -o %t.2 && %t.2 > %t.2.out
// RUN: %clang-host -O2 -ffp-contract=off %s -o %t.native -lm && %t.native > %t.expected
// RUN: diff %t.expected %t.0.out
// RUN: diff %t.expected %t.2.out

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long long bitsOf(double x) {
  unsigned long long bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

int main(void) {
  double values[] = {0.0, -0.0, 1.0 / 3, 123456789.125, 1e-300, DBL_MAX, DBL_MIN, -2.5, 1e21,
                     6.02214076e23, INFINITY, -INFINITY};
  for (unsigned i = 0; i < sizeof values / sizeof *values; ++i)
    printf("%g|%e|%.17g|%a|%.3f\n", values[i], values[i], values[i], values[i],
           fabs(values[i]) < 1e10 ? values[i] : 0.0);
  const char *texts[] = {"3.14159", "1e400", "-1e-400", "0x1.8p3", "2.2250738585072011e-308",
                         "9007199254740993", "inf", "  42abc", "0.1", "1.7976931348623157e308"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; ++i) {
    char *end;
    double value = strtod(texts[i], &end);
    printf("%s -> %.17g %016llx, rest '%s'\n", texts[i], value, bitsOf(value), end);
  }
  // Correctly rounded functions alone: others may differ between libraries in the last bit.
  for (double x = 0.25; x < 1e9; x *= 7.3)
    printf("%016llx %g %g %g %g %g\n", bitsOf(sqrt(x)), floor(x), ceil(-x), trunc(x), rint(x),
           fmod(x, 0.7));
  float sum = 0;
  double wide = 0;
  for (int i = 1; i <= 1000000; ++i) {
    sum += 1.0f / i;
    wide += 1.0 / i;
  }
  printf("%.9g %.17g\n", sum, wide);
  printf("%d %d %ld %lld\n", (int)-2.7, (int)2.7f, lround(2.5), llround(-3.5));
  printf("%.17g %.17g\n", ldexp(0.75, 40), frexp(1e100, &(int){0}));
}
