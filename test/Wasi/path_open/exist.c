// With excl, the name must be free; a link that leads nowhere takes it.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  // CHECK: file: exist
  show("file", tryOpen(ROOT, "file", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL,
                       __WASI_RIGHTS_FD_WRITE));
  must("symlink", __wasi_path_symlink("nowhere", ROOT, "link"));
  // CHECK-NEXT: link: exist
  show("link", tryOpen(ROOT, "link", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL,
                       __WASI_RIGHTS_FD_WRITE));
}
