// Moves an entry, replacing what it meets; a link itself, not what it leads
// to.
// WASI preview 1, path_rename.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_filestat_t stat;
  writeFile("old", "xyz");
  must("symlink", __wasi_path_symlink("file", ROOT, "link"));
  must("make", __wasi_path_create_directory(ROOT, "folder"));
  // CHECK: replace: success
  show("replace", __wasi_path_rename(ROOT, "old", ROOT, "file"));
  must("stat", __wasi_path_filestat_get(ROOT, 0, "file", &stat));
  // CHECK-NEXT: size 3
  printf("size %d\n", (int)stat.size);
  // CHECK-NEXT: link: success
  show("link", __wasi_path_rename(ROOT, "link", ROOT, "folder/link"));
  must("stat", __wasi_path_filestat_get(ROOT, 0, "folder/link", &stat));
  // CHECK-NEXT: type 7
  printf("type %d\n", stat.filetype);
  // CHECK-NEXT: itself: success
  show("itself", __wasi_path_rename(ROOT, "file", ROOT, "file"));
}
