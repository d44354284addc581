// The text of a link, cut off where the buffer ends.
// WASI preview 1, path_readlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t buffer[16];
  __wasi_size_t size;
  must("symlink", __wasi_path_symlink("a/target", ROOT, "link"));
  // CHECK: success
  show("whole",
       __wasi_path_readlink(ROOT, "link", buffer, sizeof(buffer), &size));
  // CHECK-NEXT: 8 a/target
  printf("%d %.8s\n", (int)size, buffer);
  // CHECK-NEXT: success
  show("part", __wasi_path_readlink(ROOT, "link", buffer, 3, &size));
  // CHECK-NEXT: 3
  printf("%d\n", (int)size);
}
