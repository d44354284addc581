// A link has a text.
// WASI preview 1, path_symlink.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: noent
  show("empty", __wasi_path_symlink("", ROOT, "link"));
}
