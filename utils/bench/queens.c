// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: the ways to put queens on a board, by sets of bits, and a knight's
// walks by Warnsdorff's rule: recursion and small integers.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { queens = 14, board = 8, walks = 40000 };

static unsigned place(unsigned columns, unsigned left, unsigned right) {
  const unsigned all = (1u << queens) - 1;
  if (columns == all)
    return 1;
  unsigned count = 0;
  for (unsigned free = all & ~(columns | left | right); free;) {
    unsigned bit = free & -free;
    free ^= bit;
    count += place(columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

static const int8_t moves[8][2] = {{1, 2},   {2, 1},   {2, -1}, {1, -2},
                                   {-1, -2}, {-2, -1}, {-2, 1}, {-1, 2}};
static uint8_t visited[board + 4][board + 4];

static int exits(int x, int y) {
  int count = 0;
  for (int i = 0; i < 8; ++i)
    count += !visited[y + moves[i][1]][x + moves[i][0]];
  return count;
}

/// \returns how many squares the walk has reached.
static int walk(int x, int y, int turn) {
  memset(visited, 1, sizeof(visited));
  for (int row = 2; row < board + 2; ++row)
    memset(visited[row] + 2, 0, board);
  int steps = 0;
  for (;;) {
    visited[y][x] = 1;
    ++steps;
    int best = 9, bestX = 0, bestY = 0;
    for (int i = 0; i < 8; ++i) {
      const int8_t *move = moves[(i + turn) & 7];
      if (visited[y + move[1]][x + move[0]])
        continue;
      int count = exits(x + move[0], y + move[1]);
      if (count < best) {
        best = count;
        bestX = x + move[0];
        bestY = y + move[1];
      }
    }
    if (best == 9)
      return steps;
    x = bestX;
    y = bestY;
  }
}

int main(void) {
  printf("%u ways\n", place(0, 0, 0));
  int complete = 0, total = 0;
  for (int i = 0; i < walks; ++i) {
    int steps = walk(2 + i % board, 2 + i / board % board, i / 64);
    complete += steps == board * board;
    total += steps;
  }
  printf("%d complete walks, %d steps\n", complete, total);
  return 0;
}
