// A directory is neither written nor made by opening.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK: write: isdir
  show("write", tryOpen(ROOT, "folder", 0, __WASI_RIGHTS_FD_WRITE));
  // CHECK-NEXT: create: isdir
  show("create",
       tryOpen(ROOT, "folder", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE));
  // CHECK-NEXT: slash: isdir
  show("slash",
       tryOpen(ROOT, "new/", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE));
}
