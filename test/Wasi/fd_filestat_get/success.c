// What is known of a file; of a stream without a size.
// WASI preview 1, fd_filestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_filestat_t stat;
  must("link", __wasi_path_link(ROOT, 0, "file", ROOT, "second"));
  // CHECK: file: success
  show("file", __wasi_fd_filestat_get(fd, &stat));
  // CHECK-NEXT: type 4 size 10 links 2, numbered: 1, times: 1
  printf("type %d size %d links %d, numbered: %d, times: %d\n", stat.filetype,
         (int)stat.size, (int)stat.nlink, stat.ino != 0,
         stat.mtim > 1700000000000000000 && stat.ctim >= stat.mtim);
  // CHECK-NEXT: stream: success
  show("stream", __wasi_fd_filestat_get(1, &stat));
}
