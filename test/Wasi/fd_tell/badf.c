// No such descriptor: one that was never open, one that was closed, and the
// largest number.
// WASI preview 1, fd_tell.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_filesize_t at = 99;
  must("close", __wasi_fd_close(fd));
  // CHECK: closed: badf
  show("closed", __wasi_fd_tell(fd, &at));
  // CHECK-NEXT: never open: badf
  show("never open", __wasi_fd_tell(12345, &at));
  // CHECK-NEXT: largest: badf
  show("largest", __wasi_fd_tell(-1, &at));
}
