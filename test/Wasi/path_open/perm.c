// A path that leads out of the folder, also by way of a link.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: mkdir %t.dir/sub && ln -s .. %t.dir/out && ln -s /tmp %t.dir/root
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: upwards: perm
  show("upwards", tryOpen(ROOT, "../name", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: down and up: perm
  show("down and up",
       tryOpen(ROOT, "sub/../../name", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: absolute: perm
  show("absolute", tryOpen(ROOT, "/tmp/name", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: through a link: perm
  show("through a link", tryOpen(ROOT, "out/name", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: through an absolute link: perm
  show("through an absolute link",
       tryOpen(ROOT, "root/name", 0, __WASI_RIGHTS_FD_READ));
}
