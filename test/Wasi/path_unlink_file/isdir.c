// Directories are removed otherwise.
// WASI preview 1, path_unlink_file.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK: plain: isdir
  show("plain", __wasi_path_unlink_file(ROOT, "folder"));
  // CHECK-NEXT: slash: isdir
  show("slash", __wasi_path_unlink_file(ROOT, "folder/"));
}
