// A descriptor that is no preopen has no name.
// WASI preview 1, fd_prestat_dir_name.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  char name[16];
  // CHECK: file: badf
  show("file", __wasi_fd_prestat_dir_name(fd, (uint8_t *)name, 16));
  // CHECK-NEXT: none: badf
  show("none", __wasi_fd_prestat_dir_name(12345, (uint8_t *)name, 16));
}
