// A part of more than 255 bytes, and a path of more than 4095.
// WASI preview 1, path_filestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_filestat_t stat;
  static char name[8192];
  memset(name, 'x', 300);
  // CHECK: part: nametoolong
  show("part", __wasi_path_filestat_get(ROOT, FOLLOW, name, &stat));
  for (int i = 0; i < 8190; ++i)
    name[i] = i % 2 ? '/' : '.';
  // CHECK-NEXT: path: nametoolong
  show("path", __wasi_path_filestat_get(ROOT, FOLLOW, name, &stat));
}
