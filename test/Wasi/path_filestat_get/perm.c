// A path that leads out of the folder, also by way of a link.
// WASI preview 1, path_filestat_get.
//
// RUN: %build-guest
// RUN: mkdir %t.dir/sub && ln -s .. %t.dir/out && ln -s /tmp %t.dir/root
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_filestat_t stat;
  // CHECK: upwards: perm
  show("upwards", __wasi_path_filestat_get(ROOT, FOLLOW, "../name", &stat));
  // CHECK-NEXT: down and up: perm
  show("down and up",
       __wasi_path_filestat_get(ROOT, FOLLOW, "sub/../../name", &stat));
  // CHECK-NEXT: absolute: perm
  show("absolute", __wasi_path_filestat_get(ROOT, FOLLOW, "/tmp/name", &stat));
  // CHECK-NEXT: through a link: perm
  show("through a link",
       __wasi_path_filestat_get(ROOT, FOLLOW, "out/name", &stat));
  // CHECK-NEXT: through an absolute link: perm
  show("through an absolute link",
       __wasi_path_filestat_get(ROOT, FOLLOW, "root/name", &stat));
}
