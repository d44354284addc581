// The times of a file, or of a link that is not followed.
// WASI preview 1, path_filestat_set_times.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  __wasi_filestat_t stat;
  must("symlink", __wasi_path_symlink("file", ROOT, "link"));
  // CHECK: link: success
  show("link", __wasi_path_filestat_set_times(ROOT, 0, "link", 1, 2000000000,
                                              __WASI_FSTFLAGS_MTIM));
  // CHECK-NEXT: followed: success
  show("followed",
       __wasi_path_filestat_set_times(ROOT, FOLLOW, "link", 1, 3000000000,
                                      __WASI_FSTFLAGS_MTIM));
  must("stat", __wasi_path_filestat_get(ROOT, 0, "link", &stat));
  // CHECK-NEXT: 2000000000
  printf("%llu\n", stat.mtim);
  must("stat", __wasi_path_filestat_get(ROOT, 0, "file", &stat));
  // CHECK-NEXT: 3000000000
  printf("%llu\n", stat.mtim);
}
