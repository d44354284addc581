// Removes an empty directory, also with a slash behind its name.
// WASI preview 1, path_remove_directory.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  must("make", __wasi_path_create_directory(ROOT, "one"));
  must("make", __wasi_path_create_directory(ROOT, "two"));
  // CHECK: plain: success
  show("plain", __wasi_path_remove_directory(ROOT, "one"));
  // CHECK-NEXT: slash: success
  show("slash", __wasi_path_remove_directory(ROOT, "two/"));
  // CHECK-NEXT: gone: noent
  show("gone", __wasi_path_remove_directory(ROOT, "one"));
}
