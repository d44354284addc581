// Sorting with qsort and bsearch, and printf's widths, precisions and flags.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 > %t.0.out
// RUN: moat %t.wasm -o %t.2 && %t.2 > %t.2.out
// RUN: %clang-host -O2 %s -o %t.native && %t.native > %t.expected
// RUN: diff %t.expected %t.0.out
// RUN: diff %t.expected %t.2.out
// RUN: FileCheck %s < %t.2.out
// CHECK: found 'quick' at 5

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Word {
  const char *text;
  int length;
  unsigned checksum;
};

static int byText(const void *a, const void *b) {
  return strcmp(((const struct Word *)a)->text, ((const struct Word *)b)->text);
}

static int byNumber(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

int main(void) {
  struct Word words[] = {{"the"}, {"quick"}, {"brown"}, {"fox"}, {"jumps"}, {"lazy"}, {"dog"}};
  int count = sizeof words / sizeof *words;
  for (int i = 0; i < count; ++i) {
    words[i].length = strlen(words[i].text);
    for (const char *c = words[i].text; *c; ++c)
      words[i].checksum = words[i].checksum * 31 + *c;
  }
  qsort(words, count, sizeof *words, byText);
  for (int i = 0; i < count; ++i)
    printf("%-8s|%8s|%3d|%08x|%#12o|%+d\n", words[i].text, words[i].text, words[i].length,
           words[i].checksum, words[i].checksum, -words[i].length);
  struct Word key = {"quick"};
  struct Word *found = bsearch(&key, words, count, sizeof *words, byText);
  printf("found '%s' at %d\n", found->text, (int)(found - words));

  enum { size = 20000 };
  int *numbers = malloc(size * sizeof *numbers);
  unsigned state = 12345;
  for (int i = 0; i < size; ++i) {
    state = state * 1103515245 + 12345;
    numbers[i] = (int)(state >> 3) - 200000000;
  }
  qsort(numbers, size, sizeof *numbers, byNumber);
  for (int i = 1; i < size; ++i)
    if (numbers[i - 1] > numbers[i])
      printf("out of order at %d\n", i);
  printf("%d %d %d\n", numbers[0], numbers[size / 2], numbers[size - 1]);
  printf("%5.2s|%.0f|%5d|%-5d|%05d|%x|%X|%lld|%llu|%c|%%|%s\n", "abc", 2.5, 42, 42, 42, 48879,
         48879, -1234567890123LL, 18446744073709551615ULL, 'z', "end");
  free(numbers);
}
