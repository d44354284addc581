// With directory, nothing else is opened.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  // CHECK: file: notdir
  show("file", tryOpen(ROOT, "file", __WASI_OFLAGS_DIRECTORY, 0));
  // CHECK-NEXT: folder: success
  show("folder", tryOpen(ROOT, ".", __WASI_OFLAGS_DIRECTORY, 0));
  // CHECK-NEXT: a slash behind a file: notdir
  show("a slash behind a file",
       tryOpen(ROOT, "file/", 0, __WASI_RIGHTS_FD_READ));
}
