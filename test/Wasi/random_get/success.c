// Bytes that differ each time; none is fine, too; more than the host gives at
// once as well.
// WASI preview 1, random_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  static uint8_t first[100000], second[16] = {0};
  // CHECK: large: success
  show("large", __wasi_random_get(first, sizeof(first)));
  must("small", __wasi_random_get(second, sizeof(second)));
  int zeros = 0;
  for (unsigned i = 0; i < sizeof(first); ++i)
    zeros += first[i] == 0;
  // CHECK-NEXT: spread: 1, different: 1
  printf("spread: %d, different: %d\n", zeros > 200 && zeros < 700,
         memcmp(first, second, 16) != 0);
  // CHECK-NEXT: none: success
  show("none", __wasi_random_get(first, 0));
}
