// Times: set and got in nanoseconds; times before 1970 are 0, far ones stay what they are;
// now and given exclude each other; links have times of their own.
// WASI preview 1, timestamp, fd_filestat_set_times, path_filestat_set_times.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir && touch -d 1969-06-01T00:00:00.5Z %t.dir/old
// RUN: touch %t.dir/file && ln -s file %t.dir/link
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

static __wasi_filestat_t stat(const char *path, int flags) {
  __wasi_filestat_t result;
  must(path, __wasi_path_filestat_get(ROOT, flags, path, &result));
  return result;
}

int main(void) {
  const int both = __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM;
  // CHECK: old: 0
  printf("old: %llu\n", stat("old", 0).mtim);
  must("times", __wasi_path_filestat_set_times(ROOT, FOLLOW, "link", 5, 1234567890123456789,
                                               both));
  // CHECK-NEXT: file: 5 1234567890123456789
  printf("file: %llu %llu\n", stat("file", 0).atim, stat("file", 0).mtim);
  must("times", __wasi_path_filestat_set_times(ROOT, 0, "link", 7, 8, both));
  // CHECK-NEXT: link: 7 8 of type 7
  printf("link: %llu %llu of type %d\n", stat("link", 0).atim, stat("link", 0).mtim,
         stat("link", 0).filetype);
  // CHECK-NEXT: followed: 5
  printf("followed: %llu\n", stat("link", FOLLOW).atim);
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  must("times", __wasi_fd_filestat_set_times(fd, 0, 9, __WASI_FSTFLAGS_MTIM));
  // CHECK-NEXT: file: 5 9
  printf("file: %llu %llu\n", stat("file", 0).atim, stat("file", 0).mtim);
  must("times", __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM_NOW));
  // CHECK-NEXT: now: 1
  printf("now: %d\n", stat("file", 0).atim > 1234567890123456789);
  // CHECK-NEXT: both: inval
  show("both", __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_ATIM_NOW));
  // CHECK-NEXT: unknown: inval
  show("unknown", __wasi_fd_filestat_set_times(fd, 0, 0, 16));
}
