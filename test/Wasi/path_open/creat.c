// A file that is not there is made, one that is there stays as it is.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_filestat_t stat;
  // CHECK: new: success
  show("new",
       tryOpen(ROOT, "new", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE));
  must("stat", __wasi_path_filestat_get(ROOT, 0, "new", &stat));
  // CHECK-NEXT: type 4 size 0
  printf("type %d size %d\n", stat.filetype, (int)stat.size);
  // CHECK-NEXT: old: success
  show("old",
       tryOpen(ROOT, "file", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE));
  must("stat", __wasi_path_filestat_get(ROOT, 0, "file", &stat));
  // CHECK-NEXT: size 10
  printf("size %d\n", (int)stat.size);
}
