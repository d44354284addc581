// A file has no slash behind its name.
// WASI preview 1, path_unlink_file.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  // CHECK: notdir
  show("slash", __wasi_path_unlink_file(ROOT, "file/"));
}
