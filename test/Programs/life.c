// Conway's game of life on a torus: an R-pentomino for 500 generations.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 > %t.0.out
// RUN: moat %t.wasm -o %t.2 && %t.2 > %t.2.out
// RUN: %clang-host -O2 %s -o %t.native && %t.native > %t.expected
// RUN: diff %t.expected %t.0.out
// RUN: diff %t.expected %t.2.out

#include <stdio.h>
#include <string.h>

enum { height = 40, width = 60 };
static unsigned char cells[2][height][width];

static int neighbours(unsigned char (*from)[width], int y, int x) {
  int count = 0;
  for (int dy = -1; dy <= 1; ++dy)
    for (int dx = -1; dx <= 1; ++dx)
      if (dy || dx)
        count += from[(y + dy + height) % height][(x + dx + width) % width];
  return count;
}

int main(void) {
  const int start[5][2] = {{19, 30}, {19, 31}, {20, 29}, {20, 30}, {21, 30}};
  for (int i = 0; i < 5; ++i)
    cells[0][start[i][0]][start[i][1]] = 1;
  for (int generation = 0; generation < 500; ++generation) {
    unsigned char (*from)[width] = cells[generation % 2];
    unsigned char (*to)[width] = cells[(generation + 1) % 2];
    int population = 0;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        int count = neighbours(from, y, x);
        to[y][x] = count == 3 || (count == 2 && from[y][x]);
        population += to[y][x];
      }
    if (generation % 50 == 49)
      printf("generation %d: %d alive\n", generation + 1, population);
  }
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      putchar(cells[0][y][x] ? '#' : '.');
    putchar('\n');
  }
}
