// Lookup flags that there are not.
// WASI preview 1, path_filestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_filestat_t stat;
  // CHECK: inval
  show("flags", __wasi_path_filestat_get(ROOT, 2, "file", &stat));
}
