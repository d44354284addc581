// More subscriptions than any guest needs.
// WASI preview 1, poll_oneoff.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_subscription_t in[2] = {{.userdata = 7}, {.userdata = 8}};
  __wasi_event_t out[2];
  __wasi_size_t count = 99;
  static uint8_t room[48 << 17];
  // CHECK: {{nomem|fault|inval}}
  show("many", __wasi_poll_oneoff((void *)room, (void *)room, 1 << 17, &count));
}
