// The string library, tokenizing, conversions and a word count over a generated text.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 > %t.0.out
// RUN: moat %t.wasm -o %t.2 && %t.2 > %t.2.out
// RUN: %clang-host -O2 %s -o %t.native && %t.native > %t.expected
// RUN: diff %t.expected %t.0.out
// RUN: diff %t.expected %t.2.out

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Entry {
  char word[16];
  int count;
};

static struct Entry table[4096];

static struct Entry *lookUp(const char *word) {
  unsigned hash = 2166136261u;
  for (const char *c = word; *c; ++c)
    hash = (hash ^ (unsigned char)*c) * 16777619u;
  for (unsigned i = hash % 4096;; i = (i + 1) % 4096) {
    if (!table[i].count)
      strcpy(table[i].word, word);
    if (strcmp(table[i].word, word) == 0)
      return &table[i];
  }
}

static int byCount(const void *a, const void *b) {
  const struct Entry *x = a, *y = b;
  return x->count != y->count ? y->count - x->count : strcmp(x->word, y->word);
}

int main(void) {
  static char text[40000];
  const char *syllables[] = {"ka", "lo", "mi", "Ta", "ren", "SU", "o"};
  unsigned state = 7;
  size_t length = 0;
  while (length < sizeof text - 32) {
    int parts = (state >> 16) % 3 + 1;
    for (int i = 0; i < parts; ++i) {
      state = state * 1664525 + 1013904223;
      length += snprintf(text + length, 8, "%s", syllables[(state >> 20) % 7]);
    }
    text[length++] = " ,.\n\t"[(state >> 8) % 5];
  }
  for (size_t i = 0; i < length; ++i)
    text[i] = tolower((unsigned char)text[i]);
  for (char *word = strtok(text, " ,.\n\t"); word; word = strtok(NULL, " ,.\n\t"))
    ++lookUp(word)->count;
  qsort(table, 4096, sizeof *table, byCount);
  for (int i = 0; i < 12; ++i)
    printf("%5d %s\n", table[i].count, table[i].word);

  char buffer[64];
  memset(buffer, 'x', sizeof buffer);
  strcpy(buffer, "hello");
  memmove(buffer + 2, buffer, 6);
  printf("%s %zu %s %s\n", buffer, strlen(buffer), strchr(buffer, 'l'), strrchr(buffer, 'e'));
  printf("%s %d %d %zu %zu\n", strstr("a needle in hay", "needle"),
         strncmp("abcd", "abce", 3), memcmp("a\0b", "a\0c", 3) < 0, strspn("112358x", "123456789"),
         strcspn("key=value", "="));
  printf("%ld %lu %lld %d\n", strtol("-0x7f", NULL, 16), strtoul("777", NULL, 8),
         strtoll("-9223372036854775808", NULL, 10), atoi("  -12 "));
  int a, b;
  char name[8];
  int fields = sscanf("12 -7 seven!", "%d %d %7[a-z]", &a, &b, name);
  printf("%d %d %d %s\n", fields, a, b, name);
}
