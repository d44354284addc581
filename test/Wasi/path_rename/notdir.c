// A part of the path before the last is a file.
// WASI preview 1, path_rename.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  // CHECK: file in the middle: notdir
  show("file in the middle",
       __wasi_path_rename(ROOT, "file/name", ROOT, "new"));
}
