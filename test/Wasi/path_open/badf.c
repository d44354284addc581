// The directory is no descriptor, or a closed one.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: never open: badf
  show("never open", tryOpen(12345, "name", 0, __WASI_RIGHTS_FD_READ));
  must("close", __wasi_fd_close(ROOT));
  // CHECK-NEXT: closed: badf
  show("closed", tryOpen(ROOT, "name", 0, __WASI_RIGHTS_FD_READ));
}
