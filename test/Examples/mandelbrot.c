// The Mandelbrot set, in letters.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat %t.wasm -o %t
// RUN: %t | FileCheck %s
// RUN: %t 20 | FileCheck %s --check-prefix=SMALL
// CHECK: {{^ +\.+}}
// CHECK: @@@@@@@@@@@@@@@@
// SMALL: @@@@@@

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  static const char shades[] = " .,:;+*%#@";
  int width = argc > 1 ? atoi(argv[1]) : 78;
  int height = width * 2 / 5;
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      double re0 = -2.2 + 3.2 * column / width;
      double im0 = -1.2 + 2.4 * row / height;
      double re = 0, im = 0;
      int steps = 0;
      for (; steps < 2000 && re * re + im * im < 4; ++steps) {
        double next = re * re - im * im + re0;
        im = 2 * re * im + im0;
        re = next;
      }
      int shade = steps == 2000 ? 9 : steps < 24 ? steps * 8 / 24 : 8;
      putchar(shades[shade]);
    }
    putchar('\n');
  }
  return 0;
}
