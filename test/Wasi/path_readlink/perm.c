// A path that leads out of the folder, also by way of a link.
// WASI preview 1, path_readlink.
//
// RUN: %build-guest
// RUN: mkdir %t.dir/sub && ln -s .. %t.dir/out && ln -s /tmp %t.dir/root
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  uint8_t buffer[16];
  __wasi_size_t size;
  // CHECK: upwards: perm
  show("upwards",
       __wasi_path_readlink(ROOT, "../name", buffer, sizeof(buffer), &size));
  // CHECK-NEXT: down and up: perm
  show("down and up", __wasi_path_readlink(ROOT, "sub/../../name", buffer,
                                           sizeof(buffer), &size));
  // CHECK-NEXT: absolute: perm
  show("absolute",
       __wasi_path_readlink(ROOT, "/tmp/name", buffer, sizeof(buffer), &size));
  // CHECK-NEXT: through a link: perm
  show("through a link",
       __wasi_path_readlink(ROOT, "out/name", buffer, sizeof(buffer), &size));
  // CHECK-NEXT: through an absolute link: perm
  show("through an absolute link",
       __wasi_path_readlink(ROOT, "root/name", buffer, sizeof(buffer), &size));
}
