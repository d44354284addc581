// A file is ready at once; a clock that is far away does not delay that.
// WASI preview 1, poll_oneoff.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_subscription_t in[2] = {{.userdata = 7}, {.userdata = 8}};
  __wasi_event_t out[2];
  __wasi_size_t count = 99;
  in[0].u.tag = __WASI_EVENTTYPE_CLOCK;
  in[0].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  in[0].u.u.clock.timeout = 3600000000000;
  in[1].u.tag = __WASI_EVENTTYPE_FD_READ;
  in[1].u.u.fd_read.file_descriptor = fd;
  // CHECK: poll: success
  show("poll", __wasi_poll_oneoff(in, out, 2, &count));
  // CHECK-NEXT: 1 event, of 8: success, kind 1, 10 bytes
  printf("%d event, of %d: %s, kind %d, %d bytes\n", (int)count,
         (int)out[0].userdata, nameOf(out[0].error), out[0].type,
         (int)out[0].fd_readwrite.nbytes);
}
