// memmove of every size and overlap that differs, against a loop: an executable
// has the runtime's own (memory.copy; Core 3.0, 4.6.9).
//
// RUN: %clang-wasi -O2 %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: %t | FileCheck %s

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { size = 40000 };

static uint8_t moved[size];
static volatile uint8_t expected[size];

static void moveBytes(unsigned to, unsigned from, unsigned count) {
  if (to < from)
    for (unsigned i = 0; i < count; ++i)
      expected[to + i] = expected[from + i];
  else
    for (unsigned i = count; i-- > 0;)
      expected[to + i] = expected[from + i];
}

static int check(unsigned to, unsigned from, unsigned count) {
  for (unsigned i = 0; i < size; ++i)
    expected[i] = moved[i] = (uint8_t)(i * 7 + i / 251 + count);
  moveBytes(to, from, count);
  memmove(moved + to, moved + from, count);
  for (unsigned i = 0; i < size; ++i)
    if (moved[i] != expected[i]) {
      printf("%u bytes from %u to %u: wrong at %u\n", count, from, to, i);
      return 0;
    }
  return 1;
}

int main(void) {
  static const unsigned counts[] = {
      0,   1,   2,   3,   4,   7,    8,    9,    15,   16,   17,
      31,  32,  33,  63,  64,  65,   127,  128,  129,  191,  192,
      193, 255, 256, 300, 999, 4096, 8191, 8192, 9000, 16000};
  static const int distances[] = {0,    1,     -1,    3,     -3,   8,    -8,
                                  15,   -15,   17,    -17,   64,   -64,  65,
                                  -65,  100,   -100,  300,   -300, 8192, -8192,
                                  8999, -8999, 16001, -16001};
  int isRight = 1;
  for (unsigned i = 0; i < sizeof(counts) / sizeof(*counts); ++i)
    for (unsigned j = 0; j < sizeof(distances) / sizeof(*distances); ++j) {
      unsigned from = distances[j] < 0 ? (unsigned)-distances[j] + 3 : 5;
      isRight &= check(from + (unsigned)distances[j], from, counts[i]);
    }
  // CHECK: all moved: 1
  printf("all moved: %d\n", isRight);
}
