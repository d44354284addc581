// Flags that there are not.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_fd_t fd;
  // CHECK: lookup: inval
  show("lookup", __wasi_path_open(ROOT, 2, "file", 0, 0, 0, 0, &fd));
  // CHECK-NEXT: open: inval
  show("open", __wasi_path_open(ROOT, 0, "file", 16, 0, 0, 0, &fd));
  // CHECK-NEXT: descriptor: inval
  show("descriptor", __wasi_path_open(ROOT, 0, "file", 0, 0, 0, 32, &fd));
}
