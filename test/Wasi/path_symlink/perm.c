// A path that leads out of the folder, also by way of a link.
// WASI preview 1, path_symlink.
//
// RUN: %build-guest
// RUN: mkdir %t.dir/sub && ln -s .. %t.dir/out && ln -s /tmp %t.dir/root
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: upwards: perm
  show("upwards", __wasi_path_symlink("target", ROOT, "../name"));
  // CHECK-NEXT: down and up: perm
  show("down and up", __wasi_path_symlink("target", ROOT, "sub/../../name"));
  // CHECK-NEXT: absolute: perm
  show("absolute", __wasi_path_symlink("target", ROOT, "/tmp/name"));
  // CHECK-NEXT: through a link: perm
  show("through a link", __wasi_path_symlink("target", ROOT, "out/name"));
  // CHECK-NEXT: through an absolute link: perm
  show("through an absolute link",
       __wasi_path_symlink("target", ROOT, "root/name"));
}
