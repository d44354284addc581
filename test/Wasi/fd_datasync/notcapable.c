// Needs the right fd_datasync.
// WASI preview 1, fd_datasync.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  must("rights", __wasi_fd_fdstat_set_rights(
                     fd, without(fd, __WASI_RIGHTS_FD_DATASYNC), 0));
  // CHECK: notcapable
  show("without fd_datasync", __wasi_fd_datasync(fd));
}
