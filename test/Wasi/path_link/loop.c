// Links that lead to each other.
// WASI preview 1, path_link.
//
// RUN: %build-guest
// RUN: ln -s b %t.dir/a && ln -s a %t.dir/b
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: loop
  show("links", __wasi_path_link(ROOT, 0, "a/name", ROOT, "new"));
}
