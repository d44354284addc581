// Needs the right fd_filestat_get.
// WASI preview 1, fd_filestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_filestat_t stat;
  must("rights", __wasi_fd_fdstat_set_rights(
                     fd, without(fd, __WASI_RIGHTS_FD_FILESTAT_GET), 0));
  // CHECK: notcapable
  show("without fd_filestat_get", __wasi_fd_filestat_get(fd, &stat));
}
