// There are four clocks.
// WASI preview 1, clock_res_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_timestamp_t resolution = 7;
  // CHECK: fifth: inval
  show("fifth", __wasi_clock_res_get(4, &resolution));
  // CHECK-NEXT: no clock: inval
  show("no clock", __wasi_clock_res_get(-1, &resolution));
  // CHECK-NEXT: untouched: 7
  printf("untouched: %d\n", (int)resolution);
}
