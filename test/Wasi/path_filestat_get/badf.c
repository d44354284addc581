// The directory is no descriptor, or a closed one.
// WASI preview 1, path_filestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_filestat_t stat;
  // CHECK: never open: badf
  show("never open", __wasi_path_filestat_get(12345, FOLLOW, "name", &stat));
  must("close", __wasi_fd_close(ROOT));
  // CHECK-NEXT: closed: badf
  show("closed", __wasi_path_filestat_get(ROOT, FOLLOW, "name", &stat));
}
