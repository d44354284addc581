// The name under which a folder was given, without a NUL.
// WASI preview 1, fd_prestat_dir_name.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/data | FileCheck %s

#include "wasi-test.h"

int main(void) {
  char name[16] = "................";
  // CHECK: success
  show("name", __wasi_fd_prestat_dir_name(3, (uint8_t *)name, 16));
  // CHECK-NEXT: /data...........
  printf("%.16s\n", name);
}
