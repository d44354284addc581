// From the start, from the position, from the end, and past it.
// WASI preview 1, fd_seek.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_filesize_t at = 99;
  must("set", __wasi_fd_seek(fd, 7, __WASI_WHENCE_SET, &at));
  // CHECK: 7
  printf("%d\n", (int)at);
  must("current", __wasi_fd_seek(fd, -3, __WASI_WHENCE_CUR, &at));
  // CHECK-NEXT: 4
  printf("%d\n", (int)at);
  must("end", __wasi_fd_seek(fd, 100, __WASI_WHENCE_END, &at));
  // CHECK-NEXT: 110
  printf("%d\n", (int)at);
}
