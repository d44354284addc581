// A file and a directory are no links.
// WASI preview 1, path_readlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  uint8_t buffer[16];
  __wasi_size_t size;
  // CHECK: file: inval
  show("file",
       __wasi_path_readlink(ROOT, "file", buffer, sizeof(buffer), &size));
  // CHECK-NEXT: folder: inval
  show("folder",
       __wasi_path_readlink(ROOT, ".", buffer, sizeof(buffer), &size));
}
