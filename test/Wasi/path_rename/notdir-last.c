// A directory does not replace a file, and a file has no slash behind it.
// WASI preview 1, path_rename.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK: onto a file: notdir
  show("onto a file", __wasi_path_rename(ROOT, "folder", ROOT, "file"));
  // CHECK-NEXT: slash: notdir
  show("slash", __wasi_path_rename(ROOT, "file/", ROOT, "new"));
  // CHECK-NEXT: slash on the new: notdir
  show("slash on the new", __wasi_path_rename(ROOT, "file", ROOT, "new/"));
}
