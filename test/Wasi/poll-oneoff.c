// poll_oneoff: clocks relative and absolute, monotonic and real time; files and pipes; events
// over the subscriptions; none and too many subscriptions; what is wrong with one of them.
// WASI preview 1, poll_oneoff.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir
// RUN: sh -c "echo text | (sleep 0.2; %t --wasi-dir=%t.dir::/)" | FileCheck %s

#include "wasi-test.h"

static union {
  __wasi_subscription_t in[20];
  __wasi_event_t out[20];
  char room[1 << 21];
} memory;
static __wasi_event_t events[20];
static __wasi_size_t count;

static void addClock(int i, int id, __wasi_timestamp_t timeout, int flags) {
  memset(&memory.in[i], 0, sizeof(memory.in[i]));
  memory.in[i].userdata = 100 + i;
  memory.in[i].u.tag = __WASI_EVENTTYPE_CLOCK;
  memory.in[i].u.u.clock.id = id;
  memory.in[i].u.u.clock.timeout = timeout;
  memory.in[i].u.u.clock.flags = flags;
}

static void addFd(int i, int type, int fd) {
  memset(&memory.in[i], 0, sizeof(memory.in[i]));
  memory.in[i].userdata = 100 + i;
  memory.in[i].u.tag = type;
  memory.in[i].u.u.fd_read.file_descriptor = fd;
}

static __wasi_timestamp_t now(int clock) {
  __wasi_timestamp_t time;
  must("clock", __wasi_clock_time_get(clock, 1, &time));
  return time;
}

static void pollAndShow(const char *what, int n) {
  must(what, __wasi_poll_oneoff(memory.in, events, n, &count));
  printf("%s:", what);
  for (__wasi_size_t i = 0; i < count; ++i)
    printf(" %d %s type %d bytes %d%s;", (int)events[i].userdata, nameOf(events[i].error),
           events[i].type, (int)events[i].fd_readwrite.nbytes,
           events[i].fd_readwrite.flags ? " hangup" : "");
  printf("\n");
}

int main(void) {
  const __wasi_timestamp_t ms = 1000000;
  // CHECK: none: inval
  show("none", __wasi_poll_oneoff(memory.in, events, 0, &count));
  // CHECK-NEXT: too many: nomem
  show("too many", __wasi_poll_oneoff(memory.in, memory.out, 20000, &count));

  __wasi_timestamp_t start = now(1);
  addClock(0, __WASI_CLOCKID_MONOTONIC, 30 * ms, 0);
  addClock(1, __WASI_CLOCKID_MONOTONIC, 60000 * ms, 0);
  // CHECK-NEXT: relative: 100 success type 0 bytes 0;
  pollAndShow("relative", 2);
  // CHECK-NEXT: waited 1
  __wasi_timestamp_t waited = now(1) - start;
  printf("waited %d\n", waited >= 30 * ms && waited < 2000 * ms);

  start = now(0);
  addClock(0, __WASI_CLOCKID_REALTIME, start + 30 * ms, 1);
  addClock(1, __WASI_CLOCKID_MONOTONIC, now(1) + 60000 * ms, 1);
  // CHECK-NEXT: absolute: 100 success type 0 bytes 0;
  pollAndShow("absolute", 2);
  // CHECK-NEXT: waited 1
  waited = now(0) - start;
  printf("waited %d\n", waited >= 30 * ms && waited < 2000 * ms);
  addClock(0, __WASI_CLOCKID_MONOTONIC, 5, 1);
  // CHECK-NEXT: long past: 100 success type 0 bytes 0;
  pollAndShow("long past", 1);

  addFd(0, __WASI_EVENTTYPE_FD_READ, 0);
  addClock(1, __WASI_CLOCKID_MONOTONIC, 60000 * ms, 0);
  addFd(2, __WASI_EVENTTYPE_FD_WRITE, 1);
  // CHECK-NEXT: streams: 100 success type 1 bytes 5{{.*}}; 102 success type 2 bytes 0;
  pollAndShow("streams", 3);

  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_filesize_t at;
  must("seek", __wasi_fd_seek(fd, 3, __WASI_WHENCE_SET, &at));
  addFd(0, __WASI_EVENTTYPE_FD_READ, fd);
  addFd(1, __WASI_EVENTTYPE_FD_WRITE, fd);
  // CHECK-NEXT: file: 100 success type 1 bytes 7; 101 success type 2 bytes 0;
  pollAndShow("file", 2);

  addFd(0, __WASI_EVENTTYPE_FD_READ, 77);
  addFd(1, __WASI_EVENTTYPE_FD_WRITE, 0);
  addClock(2, 9, 0, 0);
  addClock(3, __WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, 0);
  addClock(4, __WASI_CLOCKID_MONOTONIC, 0, 0);
  // CHECK-NEXT: wrong: 100 badf type 1 bytes 0; 101 notcapable type 2 bytes 0; 102 inval type 0 bytes 0; 103 notsup type 0 bytes 0; 104 success type 0 bytes 0;
  pollAndShow("wrong", 5);
  addFd(0, 3, 0);
  // CHECK-NEXT: no such type: inval
  show("no such type", __wasi_poll_oneoff(memory.in, events, 1, &count));

  for (int i = 0; i < 20; ++i)
    addClock(i, __WASI_CLOCKID_MONOTONIC, 0, 0);
  must("overlap", __wasi_poll_oneoff(memory.in, memory.out, 20, &count));
  int right = 0;
  for (int i = 0; i < 20; ++i)
    right += memory.out[i].userdata == (unsigned)(100 + i) && memory.out[i].error == 0;
  // CHECK-NEXT: overlap: 20 of 20
  printf("overlap: %d of %d\n", right, (int)count);
}
