// A part of the path is not there.
// WASI preview 1, path_readlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t buffer[16];
  __wasi_size_t size;
  // CHECK: missing folder: noent
  show("missing folder", __wasi_path_readlink(ROOT, "missing/name", buffer,
                                              sizeof(buffer), &size));
  // CHECK-NEXT: empty: noent
  show("empty", __wasi_path_readlink(ROOT, "", buffer, sizeof(buffer), &size));
}
