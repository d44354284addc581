// The file is emptied.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_filestat_t stat;
  // CHECK: success
  show("truncate",
       tryOpen(ROOT, "file", __WASI_OFLAGS_TRUNC, __WASI_RIGHTS_FD_WRITE));
  must("stat", __wasi_path_filestat_get(ROOT, 0, "file", &stat));
  // CHECK-NEXT: size 0
  printf("size %d\n", (int)stat.size);
}
