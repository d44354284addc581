// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: a block-sorting compressor and its inverse. Rotations are sorted
// by doubled prefixes, then come move-to-front and Huffman's code: byte tables,
// unpredictable branches, and reads all over an array.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { blockSize = 1 << 17, blocks = 20, symbols = 256 };

static uint8_t text[blockSize], last[blockSize], moved[blockSize],
    restored[blockSize];
static uint32_t order[blockSize], scratch[blockSize], rank[blockSize],
    newRank[blockSize], counts[blockSize + 1];
static uint8_t bits[blockSize * 4];

static uint32_t state = 1;
static uint32_t chance(uint32_t below) {
  state = state * 1664525 + 1013904223;
  return (uint32_t)(((uint64_t)state * below) >> 32);
}

/// Words of a small vocabulary: compressible, but not at a glance.
static void writeText(void) {
  static char words[512][12];
  for (int i = 0; i < 512; ++i) {
    uint32_t length = 2 + chance(9);
    for (uint32_t j = 0; j < length; ++j)
      words[i][j] = (char)('a' + chance(26) * chance(26) / 26);
    words[i][length] = 0;
  }
  for (int at = 0; at < blockSize;) {
    for (const char *c = words[chance(512) * chance(512) / 512];
         *c && at < blockSize; ++c)
      text[at++] = (uint8_t)*c;
    if (at < blockSize)
      text[at++] = chance(12) ? ' ' : '\n';
  }
}

/// Sorts \p from into \p to by the rank that stands \p distance behind.
static void sortByRank(const uint32_t *from, uint32_t *to, uint32_t distance,
                       uint32_t ranks) {
  memset(counts, 0, (ranks + 1) * sizeof(*counts));
  for (uint32_t i = 0; i < blockSize; ++i)
    ++counts[rank[(from[i] + distance) & (blockSize - 1)] + 1];
  for (uint32_t i = 0; i < ranks; ++i)
    counts[i + 1] += counts[i];
  for (uint32_t i = 0; i < blockSize; ++i)
    to[counts[rank[(from[i] + distance) & (blockSize - 1)]]++] = from[i];
}

/// \returns where the text itself stands among its sorted rotations.
static uint32_t sortRotations(void) {
  uint32_t ranks = symbols;
  for (uint32_t i = 0; i < blockSize; ++i) {
    rank[i] = text[i];
    order[i] = i;
  }
  sortByRank(order, scratch, 0, ranks);
  memcpy(order, scratch, sizeof(order));
  for (uint32_t length = 1; length < blockSize && ranks < blockSize;
       length *= 2) {
    sortByRank(order, scratch, length, ranks);
    sortByRank(scratch, order, 0, ranks);
    ranks = 1;
    newRank[order[0]] = 0;
    for (uint32_t i = 1; i < blockSize; ++i) {
      uint32_t a = order[i - 1], b = order[i];
      ranks += rank[a] != rank[b] || rank[(a + length) & (blockSize - 1)] !=
                                         rank[(b + length) & (blockSize - 1)];
      newRank[b] = ranks - 1;
    }
    memcpy(rank, newRank, sizeof(rank));
  }
  uint32_t primary = 0;
  for (uint32_t i = 0; i < blockSize; ++i) {
    last[i] = text[(order[i] + blockSize - 1) & (blockSize - 1)];
    if (order[i] == 0)
      primary = i;
  }
  return primary;
}

static void moveToFront(const uint8_t *in, uint8_t *out, int isInverse) {
  uint8_t list[symbols];
  for (int i = 0; i < symbols; ++i)
    list[i] = (uint8_t)i;
  for (int i = 0; i < blockSize; ++i) {
    int at = 0;
    if (isInverse)
      at = in[i];
    else
      while (list[at] != in[i])
        ++at;
    uint8_t symbol = list[at];
    out[i] = isInverse ? symbol : (uint8_t)at;
    memmove(list + 1, list, (size_t)at);
    list[0] = symbol;
  }
}

static struct Node {
  uint32_t weight;
  int16_t child[2]; ///< of a leaf: -1
} nodes[2 * symbols];
static uint64_t codes[symbols];
static uint8_t lengths[symbols];

static void assignCodes(int node, uint64_t code, int length) {
  if (nodes[node].child[0] < 0) {
    codes[node] = code;
    lengths[node] = (uint8_t)length;
    return;
  }
  assignCodes(nodes[node].child[0], code, length + 1);
  assignCodes(nodes[node].child[1], code | (uint64_t)1 << length, length + 1);
}

/// \returns the root.
static int makeCode(const uint8_t *in) {
  int alive[symbols], count = symbols, next = symbols;
  for (int i = 0; i < symbols; ++i) {
    nodes[i] = (struct Node){1, {-1, -1}};
    alive[i] = i;
  }
  for (int i = 0; i < blockSize; ++i)
    ++nodes[in[i]].weight;
  while (count > 1) {
    for (int end = count - 1; end >= count - 2; --end) {
      int least = 0;
      for (int i = 1; i <= end; ++i)
        if (nodes[alive[i]].weight < nodes[alive[least]].weight)
          least = i;
      int swapped = alive[least];
      alive[least] = alive[end];
      alive[end] = swapped;
    }
    int a = alive[count - 1], b = alive[count - 2];
    nodes[next] = (struct Node){nodes[a].weight + nodes[b].weight,
                                {(int16_t)a, (int16_t)b}};
    alive[count - 2] = next++;
    --count;
  }
  assignCodes(alive[0], 0, 0);
  return alive[0];
}

static uint32_t writeBits(const uint8_t *in) {
  uint32_t at = 0, used = 0;
  uint64_t buffer = 0;
  for (int i = 0; i < blockSize; ++i) {
    buffer |= codes[in[i]] << used;
    used += lengths[in[i]];
    while (used >= 8) {
      bits[at++] = (uint8_t)buffer;
      buffer >>= 8;
      used -= 8;
    }
  }
  bits[at++] = (uint8_t)buffer;
  return at;
}

static void readBits(int root, uint8_t *out) {
  uint32_t at = 0;
  for (int i = 0; i < blockSize; ++i) {
    int node = root;
    while (nodes[node].child[0] >= 0) {
      node = nodes[node].child[bits[at >> 3] >> (at & 7) & 1];
      ++at;
    }
    out[i] = (uint8_t)node;
  }
}

static void unsort(uint32_t primary) {
  uint32_t starts[symbols] = {0}, sum = 0;
  for (int i = 0; i < blockSize; ++i)
    ++starts[last[i]];
  for (int i = 0; i < symbols; ++i) {
    uint32_t count = starts[i];
    starts[i] = sum;
    sum += count;
  }
  for (uint32_t i = 0; i < blockSize; ++i)
    scratch[starts[last[i]]++] = i;
  uint32_t at = primary;
  for (int i = 0; i < blockSize; ++i) {
    at = scratch[at];
    restored[i] = last[at];
  }
}

int main(void) {
  uint32_t total = 0;
  for (int block = 0; block < blocks; ++block) {
    writeText();
    uint32_t primary = sortRotations();
    moveToFront(last, moved, 0);
    int root = makeCode(moved);
    uint32_t size = writeBits(moved);
    memset(moved, 0, sizeof(moved));
    memset(last, 0, sizeof(last));
    readBits(root, moved);
    moveToFront(moved, last, 1);
    unsort(primary);
    if (memcmp(text, restored, blockSize) != 0)
      return 1;
    total += size;
  }
  printf("%d bytes in %u\n", blocks * blockSize, total);
  return 0;
}
