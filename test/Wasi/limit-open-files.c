// With a limit on open files, streams and folders included, opening one more is mfile, and makes
// no file; a closed descriptor makes room. A limit that leaves no room for what the program was
// given is an error at start.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir
// RUN: %t --wasi-dir=%t.dir::/ --wasi-max-open-files=6 | FileCheck %s
// RUN: sh -c "%t --wasi-dir=%t.dir::/ --wasi-max-open-files=3; echo code $?" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=FOLDER
// FOLDER: moat: error: the limit on open files leaves no room for directory {{.*}}.dir
// FOLDER-NEXT: code 125
// RUN: sh -c "%t --wasi-max-open-files=2; echo code $?" 2>&1 | FileCheck %s --check-prefix=STREAM
// STREAM: moat: error: the limit on open files leaves no room for the standard streams
// STREAM-NEXT: code 125

#include "wasi-test.h"

int main(void) {
  // CHECK: 4 5
  printf("%d ", openAt(ROOT, "a", __WASI_OFLAGS_CREAT, ALL_RIGHTS));
  printf("%d\n", openAt(ROOT, "b", __WASI_OFLAGS_CREAT, ALL_RIGHTS));
  // CHECK-NEXT: c: mfile
  show("c", tryOpen(ROOT, "c", __WASI_OFLAGS_CREAT, ALL_RIGHTS));
  must("close", __wasi_fd_close(4));
  // CHECK-NEXT: c: noent
  show("c", tryOpen(ROOT, "c", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: a: success
  show("a", tryOpen(ROOT, "a", 0, __WASI_RIGHTS_FD_READ));
}
