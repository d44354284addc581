// Both directories need a right of their own.
// WASI preview 1, path_rename.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int source = openAt(ROOT, ".", __WASI_OFLAGS_DIRECTORY,
                      __WASI_RIGHTS_PATH_RENAME_SOURCE);
  int target = openAt(ROOT, ".", __WASI_OFLAGS_DIRECTORY,
                      __WASI_RIGHTS_PATH_RENAME_TARGET);
  // CHECK: from: notcapable
  show("from", __wasi_path_rename(target, "file", target, "new"));
  // CHECK-NEXT: to: notcapable
  show("to", __wasi_path_rename(source, "file", source, "new"));
  // CHECK-NEXT: both: success
  show("both", __wasi_path_rename(source, "file", target, "new"));
}
