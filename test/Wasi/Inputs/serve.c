// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
//   serve listening|connected   uses the socket 3: accepts one connection, or has it
//
// Sends back what comes, in capitals, until the other end shuts down. For sockets.py.

#include "wasi-test.h"
#include <ctype.h>

static void waitFor(const char *what, int fd, int type) {
  __wasi_subscription_t subscriptions[2] = {
      {.userdata = 7, .u.tag = type, .u.u.fd_read.file_descriptor = fd},
      {.userdata = 8,
       .u.tag = __WASI_EVENTTYPE_CLOCK,
       .u.u.clock = {.id = __WASI_CLOCKID_MONOTONIC, .timeout = 60000000000}}};
  __wasi_event_t events[2];
  __wasi_size_t count;
  must(what, __wasi_poll_oneoff(subscriptions, events, 2, &count));
  printf("%s: %s%s\n", what, events[0].userdata == 7 ? nameOf(events[0].error) : "nothing",
         events[0].fd_readwrite.flags ? ", hung up" : "");
}

int main(int argc, char **argv) {
  int isListening = strcmp(argv[1], "listening") == 0;
  __wasi_fd_t connection = 3;
  __wasi_fdstat_t stat;
  must("fdstat", __wasi_fd_fdstat_get(3, &stat));
  printf("type %d\n", stat.fs_filetype);
  if (isListening) {
    must("set flags", __wasi_fd_fdstat_set_flags(3, __WASI_FDFLAGS_NONBLOCK));
    show("nobody there", __wasi_sock_accept(3, 0, &connection));
    must("set flags", __wasi_fd_fdstat_set_flags(3, 0));
    printf("ready\n");
    fflush(stdout);
    waitFor("somebody", 3, __WASI_EVENTTYPE_FD_READ);
    must("accept", __wasi_sock_accept(3, 0, &connection));
    printf("accepted as %d\n", connection);
  }
  uint8_t bytes[64];
  __wasi_iovec_t in = {bytes, sizeof(bytes)};
  __wasi_size_t size;
  __wasi_roflags_t flags;
  waitFor("writable", connection, __WASI_EVENTTYPE_FD_WRITE);
  waitFor("readable", connection, __WASI_EVENTTYPE_FD_READ);
  must("peek", __wasi_sock_recv(connection, &in, 1, __WASI_RIFLAGS_RECV_PEEK, &size, &flags));
  printf("peeked %d\n", (int)size);
  for (;;) {
    must("receive", __wasi_sock_recv(connection, &in, 1, 0, &size, &flags));
    if (size == 0)
      break;
    for (__wasi_size_t i = 0; i < size; ++i)
      bytes[i] = toupper(bytes[i]);
    __wasi_ciovec_t out = {bytes, size};
    must("send", __wasi_sock_send(connection, &out, 1, 0, &size));
    printf("sent %.*s\n", (int)size, (const char *)bytes);
  }
  must("shut down", __wasi_sock_shutdown(connection, __WASI_SDFLAGS_WR));
  __wasi_ciovec_t out = {bytes, 1};
  show("behind that", __wasi_sock_send(connection, &out, 1, 0, &size));
  show("close", __wasi_fd_close(connection));
  show("again", __wasi_sock_recv(connection, &in, 1, 0, &size, &flags));
}
