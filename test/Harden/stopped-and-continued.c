// A program that is stopped while it waits, and continued, waits on: no call ends in intr, and what
// the kernel does to take the call up again passes the filter.
//
// RUN: %clang-wasi -O1 -I%S/../Wasi/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -f %t.fifo && mkfifo %t.fifo
// RUN: sh -c "(sleep 1; echo word) > %t.fifo & %t < %t.fifo & program=\$!; sleep 0.2; \
// RUN:   kill -STOP \$program; sleep 0.1; kill -CONT \$program; sleep 0.4; kill -STOP \$program; \
// RUN:   kill -CONT \$program; wait \$program" | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_subscription_t clock = {.u.tag = __WASI_EVENTTYPE_CLOCK,
                                 .u.u.clock = {.id = __WASI_CLOCKID_MONOTONIC, .timeout = 500000000}};
  __wasi_event_t event;
  __wasi_size_t count;
  uint8_t bytes[16];
  __wasi_iovec_t iovec = {bytes, sizeof(bytes)};
  // CHECK: wait: success
  show("wait", __wasi_poll_oneoff(&clock, &event, 1, &count));
  // CHECK-NEXT: read: success
  show("read", __wasi_fd_read(0, &iovec, 1, &count));
}
