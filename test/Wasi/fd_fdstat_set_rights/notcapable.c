// Rights never come back, and never grow.
// WASI preview 1, fd_fdstat_set_rights.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, __WASI_RIGHTS_FD_READ);
  // CHECK: more: notcapable
  show("more", __wasi_fd_fdstat_set_rights(
                   fd, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 0));
  // CHECK-NEXT: to pass on: notcapable
  show("to pass on", __wasi_fd_fdstat_set_rights(fd, 0, __WASI_RIGHTS_FD_READ));
  must("none", __wasi_fd_fdstat_set_rights(fd, 0, 0));
  // CHECK-NEXT: back: notcapable
  show("back", __wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, 0));
}
