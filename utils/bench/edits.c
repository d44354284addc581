// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: texts compared by their edit distance, and searched for a pattern
// with wildcards: a table filled row by row, and backtracking over bytes.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { texts = 64, size = 480, pairs = 900 };

static char text[texts][size + 1];

static unsigned distance(const char *a, const char *b) {
  static unsigned rows[2][size + 1];
  for (unsigned i = 0; i <= size; ++i)
    rows[0][i] = i;
  for (unsigned i = 1; i <= size; ++i) {
    unsigned *previous = rows[(i - 1) & 1], *row = rows[i & 1];
    row[0] = i;
    for (unsigned j = 1; j <= size; ++j) {
      unsigned best = previous[j - 1] + (a[i - 1] != b[j - 1]);
      if (previous[j] + 1 < best)
        best = previous[j] + 1;
      if (row[j - 1] + 1 < best)
        best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return rows[size & 1][size];
}

/// `?` is any character, `*` any number of them. \returns whether \p pattern
/// matches a beginning of \p at.
static int matches(const char *pattern, const char *at) {
  for (; *pattern; ++pattern, ++at) {
    if (*pattern == '*') {
      while (!matches(pattern + 1, at))
        if (!*at++)
          return 0;
      return 1;
    }
    if (!*at || (*pattern != '?' && *pattern != *at))
      return 0;
  }
  return 1;
}

int main(void) {
  uint32_t state = 11;
  for (int i = 0; i < texts; ++i)
    for (int j = 0; j < size; ++j) {
      state = state * 1664525 + 1013904223;
      text[i][j] = (char)('a' + (state >> 24) % 5);
    }
  unsigned long long sum = 0;
  for (int i = 0; i < pairs; ++i)
    sum += distance(text[i % texts], text[(i * 7 + 1) % texts]);
  static const char *const patterns[] = {"abc*eed?a", "a?b*cab*dde", "ee*ba?cd",
                                         "aaaa*bbbb"};
  unsigned found = 0;
  for (int i = 0; i < texts; ++i)
    for (int j = 0; j < size; ++j)
      for (unsigned p = 0; p < sizeof(patterns) / sizeof(*patterns); ++p)
        found += (unsigned)matches(patterns[p], text[i] + j);
  printf("%llu, %u matches\n", sum, found);
  return 0;
}
