// Lookup flags that there are not.
// WASI preview 1, path_link.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  // CHECK: inval
  show("flags", __wasi_path_link(ROOT, 2, "file", ROOT, "new"));
}
