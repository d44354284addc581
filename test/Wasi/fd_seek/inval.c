// No such whence, and a position below 0; the position stays.
// WASI preview 1, fd_seek.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_filesize_t at = 99;
  // CHECK: whence: inval
  show("whence", __wasi_fd_seek(fd, 0, 3, &at));
  // CHECK-NEXT: below 0: inval
  show("below 0", __wasi_fd_seek(fd, -1, __WASI_WHENCE_SET, &at));
  // CHECK-NEXT: from the end: inval
  show("from the end", __wasi_fd_seek(fd, -11, __WASI_WHENCE_END, &at));
  // CHECK-NEXT: untouched: 99
  printf("untouched: %d\n", (int)at);
}
