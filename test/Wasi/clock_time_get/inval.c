// There are four clocks.
// WASI preview 1, clock_time_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_timestamp_t now;
  // CHECK: fifth: inval
  show("fifth", __wasi_clock_time_get(4, 0, &now));
}
