// There is no such clock.
// WASI preview 1, poll_oneoff.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_subscription_t in[2] = {{.userdata = 7}, {.userdata = 8}};
  __wasi_event_t out[2];
  __wasi_size_t count = 99;
  in[0].u.tag = __WASI_EVENTTYPE_CLOCK;
  in[0].u.u.clock.id = 9;
  must("poll", __wasi_poll_oneoff(in, out, 1, &count));
  // CHECK: inval
  show("event", out[0].error);
}
