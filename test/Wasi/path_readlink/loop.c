// Links that lead to each other.
// WASI preview 1, path_readlink.
//
// RUN: %build-guest
// RUN: ln -s b %t.dir/a && ln -s a %t.dir/b
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t buffer[16];
  __wasi_size_t size;
  // CHECK: loop
  show("links",
       __wasi_path_readlink(ROOT, "a/name", buffer, sizeof(buffer), &size));
}
