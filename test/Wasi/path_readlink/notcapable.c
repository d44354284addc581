// The directory needs the right path_readlink.
// WASI preview 1, path_readlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  uint8_t buffer[16];
  __wasi_size_t size;
  must("rights", __wasi_fd_fdstat_set_rights(
                     ROOT, without(ROOT, __WASI_RIGHTS_PATH_READLINK), 0));
  // CHECK: notcapable
  show("without path_readlink",
       __wasi_path_readlink(ROOT, "file", buffer, sizeof(buffer), &size));
}
