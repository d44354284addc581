// The directory needs the right path_unlink_file.
// WASI preview 1, path_unlink_file.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  must("rights", __wasi_fd_fdstat_set_rights(
                     ROOT, without(ROOT, __WASI_RIGHTS_PATH_UNLINK_FILE), 0));
  // CHECK: notcapable
  show("without path_unlink_file", __wasi_path_unlink_file(ROOT, "file"));
}
