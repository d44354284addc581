// A file, a directory, and a link or what it leads to.
// WASI preview 1, path_filestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_filestat_t stat;
  must("symlink", __wasi_path_symlink("file", ROOT, "link"));
  must("file", __wasi_path_filestat_get(ROOT, 0, "file", &stat));
  // CHECK: type 4 size 10
  printf("type %d size %d\n", stat.filetype, (int)stat.size);
  must("folder", __wasi_path_filestat_get(ROOT, 0, ".", &stat));
  // CHECK-NEXT: type 3
  printf("type %d\n", stat.filetype);
  must("link", __wasi_path_filestat_get(ROOT, 0, "link", &stat));
  // CHECK-NEXT: type 7 size 4
  printf("type %d size %d\n", stat.filetype, (int)stat.size);
  must("followed", __wasi_path_filestat_get(ROOT, FOLLOW, "link", &stat));
  // CHECK-NEXT: type 4 size 10
  printf("type %d size %d\n", stat.filetype, (int)stat.size);
}
