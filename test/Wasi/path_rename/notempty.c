// A directory replaces an empty one only.
// WASI preview 1, path_rename.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  must("make", __wasi_path_create_directory(ROOT, "one"));
  must("make", __wasi_path_create_directory(ROOT, "two"));
  must("make", __wasi_path_create_directory(ROOT, "two/three"));
  // CHECK: full: {{notempty|exist}}
  show("full", __wasi_path_rename(ROOT, "one", ROOT, "two"));
  // CHECK-NEXT: empty: success
  show("empty", __wasi_path_rename(ROOT, "two", ROOT, "one"));
}
