// Threads use descriptors while others replace them (fd_renumber closes what was there) and open and
// close files of their own, which get the host's numbers that became free: no call ever works on
// another file than the one that its descriptor was. Listings of a shared folder are whole.
//
// Each file is only ever written with its own digit.
//
// RUN: %clang-threads -O1 %s -o %t.wasm
// RUN: rm -rf %t.dir && mkdir %t.dir
// RUN: moat %t.wasm -o %t
// RUN: %t --wasi-dir=%t.dir::/ -- | FileCheck %s
// RUN: bash -c 'for file in %t.dir/*; do LC_ALL=C fold -w1 $file | sort -u | wc -l; done | sort -u' \
// RUN:   | FileCheck %s --check-prefix=FILES
// CHECK: mixed: 0
// CHECK-NEXT: strange errors: 0
// CHECK-NEXT: files listed: 10
// FILES: 1
// FILES-NOT: 2

#include "threads.h"

WASI(path_open)(int dir, int dirflags, const char *path, uint32_t size, int oflags, uint64_t rights,
                uint64_t inheriting, int flags, int *fd);
WASI(fd_renumber)(int from, int to);
WASI(fd_pread)(int fd, const void *iovs, int count, uint64_t offset, uint32_t *size);
WASI(fd_pwrite)(int fd, const void *iovs, int count, uint64_t offset, uint32_t *size);
WASI(fd_readdir)(int fd, void *buffer, uint32_t size, uint64_t cookie, uint32_t *used);
WASI(fd_fdstat_set_flags)(int fd, int flags);

enum { threads = 12, steps = 2000, root = 3, bytes = 64, places = 4 };
static struct thread all[threads];
static _Atomic int mixed, strange, listed = 10;

static int open_file(int number) {
  char name[1] = {'a' + number};
  int fd = -1;
  strange += path_open(root, 0, name, 1, /*creat*/ 1, -1, -1, 0, &fd) != 0;
  return fd;
}

static void write_file(int fd, int number) {
  char buffer[bytes];
  for (int i = 0; i < bytes; ++i)
    buffer[i] = '0' + number;
  struct iovec iov = {buffer, bytes};
  uint32_t size;
  strange += fd_pwrite(fd, &iov, 1, 0, &size) != 0;
}

static void read_file(int fd, int number) {
  char buffer[bytes];
  struct iovec iov = {buffer, bytes};
  uint32_t size = 0;
  strange += fd_pread(fd, &iov, 1, 0, &size) != 0;
  for (uint32_t i = 0; i < size; ++i)
    mixed += buffer[i] != '0' + number;
}

static void list(void) {
  char listing[1024];
  uint32_t used = 0;
  strange += fd_readdir(root, listing, sizeof listing, 0, &used) != 0;
  int count = 0;
  for (uint32_t at = 0; at + 24 <= used;) {
    uint32_t name_size = *(uint32_t *)(listing + at + 16);
    at += 24;
    count += listing[at] != '.';
    at += name_size;
  }
  if (count != 10)
    listed = count;
}

/// Descriptor root + 1 + place is always the file number `place`.
static void run(struct thread *thread) {
  int place = thread->number % places, fd = root + 1 + place;
  int own = places + thread->number % 6;
  for (int step = 0; step < steps; ++step) {
    switch (thread->number / places) {
    case 0:
      write_file(fd, place);
      read_file(fd, place);
      strange += fd_fdstat_set_flags(fd, 0) != 0;
      if (step % 16 == 0)
        list();
      break;
    case 1:
      strange += fd_renumber(open_file(place), fd) != 0;
      break;
    default: {
      int opened = open_file(own);
      write_file(opened, own);
      read_file(opened, own);
      strange += fd_close(opened) != 0;
    }
    }
  }
}

void _start(void) {
  for (int number = 0; number < 10; ++number) {
    int fd = open_file(number);
    if (number >= places)
      fd_close(fd);
  }
  for (int i = 0; i < threads; ++i)
    start(&all[i], run, i);
  for (int i = 0; i < threads; ++i)
    join(&all[i]);
  print_number("mixed", mixed);
  print_number("strange errors", strange);
  print_number("files listed", listed);
}
