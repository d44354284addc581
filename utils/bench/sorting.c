// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: the same numbers sorted by five algorithms: quicksort by hand, the
// shellsort with a callback, heapsort, mergesort, and by digits.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { count = 1 << 19 };

static uint32_t numbers[count], sorted[count], scratch[count];

static void quicksort(uint32_t *from, uint32_t *to) {
  while (to - from > 16) {
    uint32_t pivot = from[(to - from) / 2], *low = from, *high = to - 1;
    while (low <= high) {
      while (*low < pivot)
        ++low;
      while (*high > pivot)
        --high;
      if (low <= high) {
        uint32_t swapped = *low;
        *low++ = *high;
        *high-- = swapped;
      }
    }
    quicksort(from, high + 1);
    from = low;
  }
  for (uint32_t *at = from + 1; at < to; ++at) {
    uint32_t value = *at, *hole = at;
    for (; hole > from && hole[-1] > value; --hole)
      *hole = hole[-1];
    *hole = value;
  }
}

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static void __attribute__((noinline)) shellsort(uint32_t *items, size_t size,
                                                int (*compare)(const void *,
                                                               const void *)) {
  static const size_t gaps[] = {510774, 223139, 99131, 44111, 19625, 8858,
                                4006,   1750,   701,   301,   132,   57,
                                23,     10,     4,     1};
  for (size_t g = 0; g < sizeof(gaps) / sizeof(*gaps); ++g)
    for (size_t i = gaps[g]; i < size; ++i) {
      uint32_t value = items[i];
      size_t hole = i;
      for (; hole >= gaps[g] && compare(&items[hole - gaps[g]], &value) > 0;
           hole -= gaps[g])
        items[hole] = items[hole - gaps[g]];
      items[hole] = value;
    }
}

static void sink(uint32_t *heap, size_t at, size_t size) {
  uint32_t value = heap[at];
  for (size_t child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && heap[child + 1] > heap[child])
      ++child;
    if (heap[child] <= value)
      break;
    heap[at] = heap[child];
  }
  heap[at] = value;
}

static void heapsort(uint32_t *heap, size_t size) {
  for (size_t i = size / 2; i-- > 0;)
    sink(heap, i, size);
  while (size-- > 1) {
    uint32_t largest = heap[0];
    heap[0] = heap[size];
    heap[size] = largest;
    sink(heap, 0, size);
  }
}

static void mergesort(uint32_t *items, size_t size) {
  for (size_t width = 1; width < size; width *= 2) {
    for (size_t start = 0; start < size; start += 2 * width) {
      size_t middle = start + width < size ? start + width : size;
      size_t end = start + 2 * width < size ? start + 2 * width : size;
      size_t a = start, b = middle;
      for (size_t i = start; i < end; ++i)
        scratch[i] = a < middle && (b >= end || items[a] <= items[b])
                         ? items[a++]
                         : items[b++];
    }
    memcpy(items, scratch, size * sizeof(*items));
  }
}

static void radixSort(uint32_t *items, size_t size) {
  for (int shift = 0; shift < 32; shift += 8) {
    size_t starts[257] = {0};
    for (size_t i = 0; i < size; ++i)
      ++starts[(items[i] >> shift & 255) + 1];
    for (int i = 0; i < 256; ++i)
      starts[i + 1] += starts[i];
    for (size_t i = 0; i < size; ++i)
      scratch[starts[items[i] >> shift & 255]++] = items[i];
    memcpy(items, scratch, size * sizeof(*items));
  }
}

static uint32_t check(void) {
  uint32_t sum = 0;
  for (int i = 0; i < count; ++i) {
    if (i && sorted[i - 1] > sorted[i])
      abort();
    sum = sum * 31 + sorted[i];
  }
  return sum;
}

int main(void) {
  uint32_t state = 5;
  for (int i = 0; i < count; ++i)
    numbers[i] = state = state * 1664525 + 1013904223;
  for (int algorithm = 0; algorithm < 5; ++algorithm) {
    memcpy(sorted, numbers, sizeof(numbers));
    switch (algorithm) {
    case 0:
      quicksort(sorted, sorted + count);
      break;
    case 1:
      shellsort(sorted, count, compare);
      break;
    case 2:
      heapsort(sorted, count);
      break;
    case 3:
      mergesort(sorted, count);
      break;
    case 4:
      for (int i = 0; i < 8; ++i)
        radixSort(sorted, count);
      break;
    }
    printf("%u\n", (unsigned)check());
  }
  return 0;
}
