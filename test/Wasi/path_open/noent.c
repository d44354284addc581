// A part of the path is not there.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: missing folder: noent
  show("missing folder",
       tryOpen(ROOT, "missing/name", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: empty: noent
  show("empty", tryOpen(ROOT, "", 0, __WASI_RIGHTS_FD_READ));
}
