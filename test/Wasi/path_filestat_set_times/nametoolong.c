// A part of more than 255 bytes, and a path of more than 4095.
// WASI preview 1, path_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  static char name[8192];
  memset(name, 'x', 300);
  // CHECK: part: nametoolong
  show("part", __wasi_path_filestat_set_times(ROOT, FOLLOW, name, 0, 0,
                                              __WASI_FSTFLAGS_ATIM_NOW));
  for (int i = 0; i < 8190; ++i)
    name[i] = i % 2 ? '/' : '.';
  // CHECK-NEXT: path: nametoolong
  show("path", __wasi_path_filestat_set_times(ROOT, FOLLOW, name, 0, 0,
                                              __WASI_FSTFLAGS_ATIM_NOW));
}
