// The directory needs the right path_filestat_get.
// WASI preview 1, path_filestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_filestat_t stat;
  must("rights", __wasi_fd_fdstat_set_rights(
                     ROOT, without(ROOT, __WASI_RIGHTS_PATH_FILESTAT_GET), 0));
  // CHECK: notcapable
  show("without path_filestat_get",
       __wasi_path_filestat_get(ROOT, 0, "file", &stat));
}
