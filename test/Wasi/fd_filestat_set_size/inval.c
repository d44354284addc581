// A size past what a file can have.
// WASI preview 1, fd_filestat_set_size.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  // CHECK: inval
  show("2^63", __wasi_fd_filestat_set_size(fd, 1ull << 63));
}
