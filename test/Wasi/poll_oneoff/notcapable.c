// Waiting for a descriptor needs the right poll_fd_readwrite.
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
  must("rights", __wasi_fd_fdstat_set_rights(
                     fd, without(fd, __WASI_RIGHTS_POLL_FD_READWRITE), 0));
  in[0].u.tag = __WASI_EVENTTYPE_FD_READ;
  in[0].u.u.fd_read.file_descriptor = fd;
  must("poll", __wasi_poll_oneoff(in, out, 1, &count));
  // CHECK: notcapable
  show("event", out[0].error);
}
