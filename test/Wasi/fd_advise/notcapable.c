// Needs the right fd_advise.
// WASI preview 1, fd_advise.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  must("rights", __wasi_fd_fdstat_set_rights(
                     fd, without(fd, __WASI_RIGHTS_FD_ADVISE), 0));
  // CHECK: notcapable
  show("without fd_advise", __wasi_fd_advise(fd, 0, 1, 0));
}
