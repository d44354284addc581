// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: over all permutations of 10 numbers, twice: reverse the first so
// many as the first number says, until it is 1; count the reversals. Short
// loops over small arrays, and branches that nobody predicts.

#include <stdio.h>

enum { size = 10 };

static int reversals(const int *permutation) {
  int work[size], count = 0;
  for (int i = 0; i < size; ++i)
    work[i] = permutation[i];
  for (int first; (first = work[0]) != 0; ++count)
    for (int low = 0, high = first; low < high; ++low, --high) {
      int kept = work[low];
      work[low] = work[high];
      work[high] = kept;
    }
  return count;
}

static void tryAll(void) {
  int permutation[size], turned[size], most = 0, checksum = 0;
  for (int i = 0; i < size; ++i)
    permutation[i] = i, turned[i] = 0;
  for (int number = 0;; ++number) {
    int count = reversals(permutation);
    if (count > most)
      most = count;
    checksum += number % 2 ? -count : count;
    // The next permutation: turn the first k + 1 to the left, for the least k
    // that has not come round.
    int k = 1;
    for (; k < size; ++k) {
      int first = permutation[0];
      for (int i = 0; i < k; ++i)
        permutation[i] = permutation[i + 1];
      permutation[k] = first;
      if (++turned[k] <= k)
        break;
      turned[k] = 0;
    }
    if (k == size)
      break;
  }
  printf("%d %d\n", checksum, most);
}

int main(void) {
  tryAll();
  tryAll();
  return 0;
}
