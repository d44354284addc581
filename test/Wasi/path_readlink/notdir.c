// A part of the path before the last is a file.
// WASI preview 1, path_readlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t buffer[16];
  __wasi_size_t size;
  writeFile("file", "0123456789");
  // CHECK: file in the middle: notdir
  show("file in the middle",
       __wasi_path_readlink(ROOT, "file/name", buffer, sizeof(buffer), &size));
}
