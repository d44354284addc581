// The name is taken.
// WASI preview 1, path_symlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  // CHECK: exist
  show("file", __wasi_path_symlink("target", ROOT, "file"));
}
