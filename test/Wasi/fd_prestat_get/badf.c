// A descriptor that is no preopen ends the guest's search.
// WASI preview 1, fd_prestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_prestat_t stat;
  // CHECK: stream: badf
  show("stream", __wasi_fd_prestat_get(0, &stat));
  // CHECK-NEXT: file: badf
  show("file", __wasi_fd_prestat_get(fd, &stat));
  // CHECK-NEXT: none: badf
  show("none", __wasi_fd_prestat_get(12345, &stat));
}
