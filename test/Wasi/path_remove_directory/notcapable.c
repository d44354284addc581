// The directory needs the right path_remove_directory.
// WASI preview 1, path_remove_directory.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  must("rights",
       __wasi_fd_fdstat_set_rights(
           ROOT, without(ROOT, __WASI_RIGHTS_PATH_REMOVE_DIRECTORY), 0));
  // CHECK: notcapable
  show("without path_remove_directory",
       __wasi_path_remove_directory(ROOT, "name"));
}
