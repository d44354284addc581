// Every clock has a resolution, which is not 0.
// WASI preview 1, clock_res_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  for (unsigned id = 0; id < 4; ++id) {
    __wasi_timestamp_t resolution = 0;
    // CHECK-COUNT-4: success 1
    printf("%s ", nameOf(__wasi_clock_res_get(id, &resolution)));
    printf("%d\n", resolution > 0 && resolution <= 10000000);
  }
}
