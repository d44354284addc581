// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: a library's compressor and decompressor over a text that this
// program makes. USE_BZIP2, USE_ZLIB or USE_ZSTD names the library.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(USE_BZIP2)
#include "bzlib.h"
enum { megabytes = 3 };
void bz_internal_error(int code) { abort(); }
static size_t compressText(char *to, size_t room, char *from, size_t size) {
  unsigned result = (unsigned)room;
  return BZ2_bzBuffToBuffCompress(to, &result, from, (unsigned)size, 9, 0, 0)
             ? 0
             : result;
}
static size_t expand(char *to, size_t room, char *from, size_t size) {
  unsigned result = (unsigned)room;
  return BZ2_bzBuffToBuffDecompress(to, &result, from, (unsigned)size, 0, 0)
             ? 0
             : result;
}
#elif defined(USE_ZLIB)
#include "zlib.h"
enum { megabytes = 6 };
static size_t compressText(char *to, size_t room, char *from, size_t size) {
  uLongf result = (uLongf)room;
  return compress2((Bytef *)to, &result, (Bytef *)from, (uLong)size, 6)
             ? 0
             : result;
}
static size_t expand(char *to, size_t room, char *from, size_t size) {
  uLongf result = (uLongf)room;
  return uncompress((Bytef *)to, &result, (Bytef *)from, (uLong)size) ? 0
                                                                      : result;
}
#else
#include "zstd.h"
enum { megabytes = 6 };
static size_t compressText(char *to, size_t room, char *from, size_t size) {
  size_t result = ZSTD_compress(to, room, from, size, 9);
  return ZSTD_isError(result) ? 0 : result;
}
static size_t expand(char *to, size_t room, char *from, size_t size) {
  size_t result = ZSTD_decompress(to, room, from, size);
  return ZSTD_isError(result) ? 0 : result;
}
#endif

static uint32_t chance(uint32_t below) {
  static uint32_t state = 21;
  state = state * 1664525 + 1013904223;
  return (uint32_t)(((uint64_t)state * below) >> 32);
}

int main(void) {
  size_t size = (size_t)megabytes << 20, room = size + size / 8 + 4096;
  char *text = malloc(size), *packed = malloc(room), *again = malloc(size);
  if (!text || !packed || !again)
    return 1;
  static char words[1024][12];
  for (int i = 0; i < 1024; ++i)
    for (uint32_t j = 0, length = 2 + chance(9); j < length; ++j)
      words[i][j] = (char)('a' + chance(26) * chance(26) / 26);
  for (size_t at = 0; at < size;) {
    for (const char *c = words[chance(1024) * chance(1024) / 1024];
         *c && at < size; ++c)
      text[at++] = *c;
    if (at < size)
      text[at++] = chance(12) ? ' ' : '\n';
  }
  size_t packedSize = compressText(packed, room, text, size);
  if (!packedSize || expand(again, size, packed, packedSize) != size ||
      memcmp(text, again, size) != 0)
    return 1;
  printf("%zu bytes in %zu\n", size, packedSize);
  return 0;
}
