// A number that was closed is free, a preopen's too.
// WASI preview 1, fd_close.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  // CHECK: file: success
  show("file", __wasi_fd_close(fd));
  // CHECK-NEXT: preopen: success
  show("preopen", __wasi_fd_close(ROOT));
  // CHECK-NEXT: gone: badf
  show("gone", tryOpen(ROOT, "file", 0, __WASI_RIGHTS_FD_READ));
}
