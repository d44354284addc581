// An unknown advice, and ranges past what a file can have.
// WASI preview 1, fd_advise.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  // CHECK: advice: inval
  show("advice", __wasi_fd_advise(fd, 0, 1, 6));
  // CHECK-NEXT: offset: inval
  show("offset", __wasi_fd_advise(fd, 1ull << 63, 1, 0));
  // CHECK-NEXT: size: inval
  show("size", __wasi_fd_advise(fd, 0, 1ull << 63, 0));
}
