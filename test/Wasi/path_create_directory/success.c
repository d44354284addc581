// Makes a directory, also with a slash behind its name.
// WASI preview 1, path_create_directory.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_filestat_t stat;
  // CHECK: plain: success
  show("plain", __wasi_path_create_directory(ROOT, "one"));
  // CHECK-NEXT: slash: success
  show("slash", __wasi_path_create_directory(ROOT, "one/two/"));
  must("stat", __wasi_path_filestat_get(ROOT, 0, "one/two", &stat));
  // CHECK-NEXT: type 3
  printf("type %d\n", stat.filetype);
}
