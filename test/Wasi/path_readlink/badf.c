// The directory is no descriptor, or a closed one.
// WASI preview 1, path_readlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t buffer[16];
  __wasi_size_t size;
  // CHECK: never open: badf
  show("never open",
       __wasi_path_readlink(12345, "name", buffer, sizeof(buffer), &size));
  must("close", __wasi_fd_close(ROOT));
  // CHECK-NEXT: closed: badf
  show("closed",
       __wasi_path_readlink(ROOT, "name", buffer, sizeof(buffer), &size));
}
