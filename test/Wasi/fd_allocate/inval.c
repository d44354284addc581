// An empty range, and ones past what a file can have.
// WASI preview 1, fd_allocate.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  // CHECK: empty: inval
  show("empty", __wasi_fd_allocate(fd, 0, 0));
  // CHECK-NEXT: offset: {{inval|fbig}}
  show("offset", __wasi_fd_allocate(fd, 1ull << 63, 1));
  // CHECK-NEXT: sum: {{inval|fbig}}
  show("sum", __wasi_fd_allocate(fd, 0x7fffffffffffffff, 0x7fffffffffffffff));
}
