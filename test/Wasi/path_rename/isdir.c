// A file does not replace a directory.
// WASI preview 1, path_rename.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK: isdir
  show("onto a folder", __wasi_path_rename(ROOT, "file", ROOT, "folder"));
}
