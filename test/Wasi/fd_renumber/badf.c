// Both must be open: the numbers are the runtime's to give.
// WASI preview 1, fd_renumber.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  // CHECK: from: badf
  show("from", __wasi_fd_renumber(12345, fd));
  // CHECK-NEXT: to: badf
  show("to", __wasi_fd_renumber(fd, 12345));
  // CHECK-NEXT: still open: success
  show("still open", __wasi_fd_close(fd));
}
