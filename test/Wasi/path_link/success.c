// Another name for a file, or for a link that is not followed.
// WASI preview 1, path_link.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_filestat_t stat;
  // CHECK: file: success
  show("file", __wasi_path_link(ROOT, 0, "file", ROOT, "second"));
  must("stat", __wasi_path_filestat_get(ROOT, 0, "second", &stat));
  // CHECK-NEXT: 2 links, size 10
  printf("%d links, size %d\n", (int)stat.nlink, (int)stat.size);
  must("symlink", __wasi_path_symlink("nowhere", ROOT, "link"));
  // CHECK-NEXT: link: success
  show("link", __wasi_path_link(ROOT, 0, "link", ROOT, "third"));
  must("stat", __wasi_path_filestat_get(ROOT, 0, "third", &stat));
  // CHECK-NEXT: type 7
  printf("type %d\n", stat.filetype);
}
