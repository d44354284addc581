// What is opened gets no right that the directory does not pass on.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int folder;
  must("folder",
       __wasi_path_open(ROOT, 0, ".", __WASI_OFLAGS_DIRECTORY,
                        ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE,
                        __WASI_RIGHTS_FD_READ, 0, (__wasi_fd_t *)&folder));
  // CHECK: read: success
  show("read", tryOpen(folder, "file", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: write: notcapable
  show("write", tryOpen(folder, "file", 0, __WASI_RIGHTS_FD_WRITE));
  must("rights",
       __wasi_fd_fdstat_set_rights(
           folder, without(folder, __WASI_RIGHTS_PATH_CREATE_FILE), 0));
  // CHECK-NEXT: create: notcapable
  show("create",
       tryOpen(folder, "new", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_READ));
  must("rights", __wasi_fd_fdstat_set_rights(
                     folder, without(folder, __WASI_RIGHTS_PATH_OPEN), 0));
  // CHECK-NEXT: open: notcapable
  show("open", tryOpen(folder, "file", 0, __WASI_RIGHTS_FD_READ));
}
