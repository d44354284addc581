// The lowest number that is free, with the rights that were asked for.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int first = openAt(ROOT, "file", 0, __WASI_RIGHTS_FD_READ);
  int second = openAt(ROOT, "file", 0, __WASI_RIGHTS_FD_WRITE);
  // CHECK: 4 5
  printf("%d %d\n", first, second);
  must("close", __wasi_fd_close(first));
  // CHECK-NEXT: 4
  printf("%d\n", openAt(ROOT, "file", 0, __WASI_RIGHTS_FD_READ));
}
