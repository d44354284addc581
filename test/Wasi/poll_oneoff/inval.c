// Nothing to wait for, or no such kind of event.
// WASI preview 1, poll_oneoff.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_subscription_t in[2] = {{.userdata = 7}, {.userdata = 8}};
  __wasi_event_t out[2];
  __wasi_size_t count = 99;
  // CHECK: none: inval
  show("none", __wasi_poll_oneoff(in, out, 0, &count));
  in[0].u.tag = 3;
  // CHECK-NEXT: kind: inval
  show("kind", __wasi_poll_oneoff(in, out, 1, &count));
}
