// What was written reaches the device; a directory can be asked as well.
// WASI preview 1, fd_datasync.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  // CHECK: file: success
  show("file", __wasi_fd_datasync(fd));
  // CHECK-NEXT: directory: success
  show("directory", __wasi_fd_datasync(ROOT));
}
