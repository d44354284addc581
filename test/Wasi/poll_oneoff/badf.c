// What is wrong with one subscription is told in its event.
// WASI preview 1, poll_oneoff.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_subscription_t in[2] = {{.userdata = 7}, {.userdata = 8}};
  __wasi_event_t out[2];
  __wasi_size_t count = 99;
  in[0].u.tag = __WASI_EVENTTYPE_FD_READ;
  in[0].u.u.fd_read.file_descriptor = 12345;
  // CHECK: poll: success
  show("poll", __wasi_poll_oneoff(in, out, 1, &count));
  // CHECK-NEXT: 1 event, of 7: badf
  printf("%d event, of %d: %s\n", (int)count, (int)out[0].userdata,
         nameOf(out[0].error));
}
