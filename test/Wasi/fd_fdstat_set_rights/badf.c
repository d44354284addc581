// No such descriptor: one that was never open, one that was closed, and the
// largest number.
// WASI preview 1, fd_fdstat_set_rights.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  must("close", __wasi_fd_close(fd));
  // CHECK: closed: badf
  show("closed", __wasi_fd_fdstat_set_rights(fd, 0, 0));
  // CHECK-NEXT: never open: badf
  show("never open", __wasi_fd_fdstat_set_rights(12345, 0, 0));
  // CHECK-NEXT: largest: badf
  show("largest", __wasi_fd_fdstat_set_rights(-1, 0, 0));
}
