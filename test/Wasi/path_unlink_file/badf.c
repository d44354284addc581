// The directory is no descriptor, or a closed one.
// WASI preview 1, path_unlink_file.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: never open: badf
  show("never open", __wasi_path_unlink_file(12345, "name"));
  must("close", __wasi_fd_close(ROOT));
  // CHECK-NEXT: closed: badf
  show("closed", __wasi_path_unlink_file(ROOT, "name"));
}
