// No such descriptor: one that was never open, one that was closed, and the
// largest number.
// WASI preview 1, fd_seek.
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
  show("closed", __wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at));
  // CHECK-NEXT: never open: badf
  show("never open", __wasi_fd_seek(12345, 0, __WASI_WHENCE_SET, &at));
  // CHECK-NEXT: largest: badf
  show("largest", __wasi_fd_seek(-1, 0, __WASI_WHENCE_SET, &at));
}
