// A cookie that no entry of the directory had.
// WASI preview 1, fd_readdir.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t buffer[256];
  __wasi_size_t size;
  // CHECK: {{inval}}
  show("cookie",
       __wasi_fd_readdir(ROOT, buffer, sizeof(buffer), 1ull << 63, &size));
}
