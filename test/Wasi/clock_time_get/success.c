// The monotonic clock does not go back, the others tell a plausible time.
// WASI preview 1, clock_time_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_timestamp_t before, after, now;
  must("before", __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &before));
  must("after",
       __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1000000000, &after));
  // CHECK: forward: 1
  printf("forward: %d\n", after >= before);
  must("realtime", __wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 1, &now));
  // CHECK-NEXT: after 2023: 1
  printf("after 2023: %d\n", now > 1700000000000000000);
  must("process",
       __wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 1, &before));
  must("thread",
       __wasi_clock_time_get(__WASI_CLOCKID_THREAD_CPUTIME_ID, 1, &now));
  must("process",
       __wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 1, &after));
  // CHECK-NEXT: of the processor: 1
  printf("of the processor: %d\n", before > 0 && after >= before && now > 0);
}
