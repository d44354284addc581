// A descriptor takes the place of another one, which is closed.
// WASI preview 1, fd_renumber.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  writeFile("other", "other");
  int from = openAt(ROOT, "file", 0, __WASI_RIGHTS_FD_READ);
  int to = openAt(ROOT, "other", 0, __WASI_RIGHTS_FD_READ);
  uint8_t bytes[4] = {1, 2, 3, 4};
  __wasi_size_t size;
  __wasi_iovec_t iovec = {bytes, sizeof(bytes)};
  // CHECK: renumber: success
  show("renumber", __wasi_fd_renumber(from, to));
  must("read", __wasi_fd_read(to, &iovec, 1, &size));
  // CHECK-NEXT: 0123
  printf("%.4s\n", bytes);
  // CHECK-NEXT: from: badf
  show("from", __wasi_fd_read(from, &iovec, 1, &size));
  // CHECK-NEXT: itself: success
  show("itself", __wasi_fd_renumber(to, to));
  // CHECK-NEXT: still open: success
  show("still open", __wasi_fd_read(to, &iovec, 1, &size));
}
