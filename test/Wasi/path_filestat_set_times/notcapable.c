// The directory needs the right path_filestat_set_times.
// WASI preview 1, path_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  must("rights",
       __wasi_fd_fdstat_set_rights(
           ROOT, without(ROOT, __WASI_RIGHTS_PATH_FILESTAT_SET_TIMES), 0));
  // CHECK: notcapable
  show("without path_filestat_set_times",
       __wasi_path_filestat_set_times(ROOT, 0, "file", 0, 0,
                                      __WASI_FSTFLAGS_ATIM_NOW));
}
