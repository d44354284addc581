// No call lets the host allocate more than 1 MiB, or work for longer than what it transfers takes,
// whatever numbers it is given: the largest counts of buffers and subscriptions, thousands of
// descriptors, all of a memory's bytes.
//
// REQUIRES: strace
// RUN: %clang-wasi -O1 -Wl,--max-memory=67108864 -I%S/../Wasi/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir && echo text > %t.dir/file
// RUN: sh -c "ulimit -n 3000; python3 %S/Inputs/allocations.py %t --wasi-dir=%t.dir::/" | FileCheck %s

#include "wasi-test.h"

static uint8_t memory[8 << 20];

int main(void) {
  __wasi_size_t size;
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_iovec_t *in = (__wasi_iovec_t *)memory;
  // The first buffers are all of this; as many as there is room for.
  __wasi_size_t count = sizeof(memory) / sizeof(*in);
  for (__wasi_size_t i = 0; i < count; ++i)
    in[i] = (__wasi_iovec_t){memory + sizeof(memory) / 2, sizeof(memory) / 2};
  // CHECK: read: success
  show("read", __wasi_fd_read(fd, in, count, &size));
  // CHECK-NEXT: more buffers than there is memory: fault
  show("more buffers than there is memory", __wasi_fd_read(fd, in, UINT32_MAX, &size));
  // CHECK-NEXT: random: success
  show("random", __wasi_random_get(memory, sizeof(memory)));
  // CHECK-NEXT: too much of it: fault
  show("too much of it", __wasi_random_get(memory, UINT32_MAX));
  int directory = openAt(ROOT, ".", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR);
  // CHECK-NEXT: list: success
  show("list", __wasi_fd_readdir(directory, memory, sizeof(memory), 0, &size));
  // CHECK-NEXT: advise: success
  show("advise", __wasi_fd_advise(fd, 0, INT64_MAX, __WASI_ADVICE_WILLNEED));
  // CHECK-NEXT: allocate: fbig
  show("allocate", __wasi_fd_allocate(fd, INT64_MAX - 1, INT64_MAX));

  memset(memory, 0, sizeof(memory));
  __wasi_subscription_t *subscriptions = (__wasi_subscription_t *)memory;
  static __wasi_event_t events[8192];
  // CHECK-NEXT: poll: success
  show("poll", __wasi_poll_oneoff(subscriptions, events, 8192, &size));
  // CHECK-NEXT: poll for more: nomem
  show("poll for more", __wasi_poll_oneoff(subscriptions, (__wasi_event_t *)memory, 16385, &size));
  // CHECK-NEXT: poll for most: fault
  show("poll for most", __wasi_poll_oneoff(subscriptions, events, UINT32_MAX, &size));
  int last, opened = 0;
  while ((last = openAt(ROOT, "file", 0, __WASI_RIGHTS_FD_READ)) >= 0)
    ++opened;
  // CHECK-NEXT: many: mfile, 1
  printf("many: %s, %d\n", nameOf((__wasi_errno_t)-last), opened > 2900);
  // CHECK-NEXT: {{[1-9][0-9]*}} allocations, the largest of {{[0-9]+}} bytes
}
