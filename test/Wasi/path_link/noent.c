// A part of the path is not there.
// WASI preview 1, path_link.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: missing folder: noent
  show("missing folder",
       __wasi_path_link(ROOT, 0, "missing/name", ROOT, "new"));
  // CHECK-NEXT: empty: noent
  show("empty", __wasi_path_link(ROOT, 0, "", ROOT, "new"));
}
