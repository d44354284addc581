// Makes a file longer, and never shorter.
// WASI preview 1, fd_allocate.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_filestat_t stat;
  // CHECK: longer: success
  show("longer", __wasi_fd_allocate(fd, 90, 10));
  must("stat", __wasi_fd_filestat_get(fd, &stat));
  // CHECK-NEXT: 100
  printf("%d\n", (int)stat.size);
  // CHECK-NEXT: inside: success
  show("inside", __wasi_fd_allocate(fd, 0, 10));
  must("stat", __wasi_fd_filestat_get(fd, &stat));
  // CHECK-NEXT: 100
  printf("%d\n", (int)stat.size);
}
