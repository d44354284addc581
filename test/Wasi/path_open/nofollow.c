// A link is not opened without the flag that follows it.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_fd_t fd;
  must("symlink", __wasi_path_symlink("file", ROOT, "link"));
  // CHECK: not followed: loop
  show("not followed",
       __wasi_path_open(ROOT, 0, "link", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd));
  // CHECK-NEXT: followed: success
  show("followed", __wasi_path_open(ROOT, FOLLOW, "link", 0,
                                    __WASI_RIGHTS_FD_READ, 0, 0, &fd));
}
