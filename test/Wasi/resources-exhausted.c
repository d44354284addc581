// No space (nospc), a limit on file sizes (fbig, no signal), no descriptors left on the host
// (mfile, and no file is made): all end in an errno. Before that, many descriptors work, and
// a closed number is the next to be used.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir
// RUN: sh -c "ulimit -n 1000; ulimit -f 8; %t --wasi-dir=%t.dir::/ --wasi-dir=/dev::/dev" | FileCheck %s

#include "wasi-test.h"

int main(void) {
  static uint8_t bytes[65536];
  __wasi_ciovec_t iovec = {bytes, sizeof(bytes)};
  __wasi_size_t size;
  int full = openAt(4, "full", 0, __WASI_RIGHTS_FD_WRITE);
  // CHECK: full: nospc
  show("full", __wasi_fd_write(full, &iovec, 1, &size));
  int file = openAt(ROOT, "file", __WASI_OFLAGS_CREAT, ALL_RIGHTS);
  // CHECK-NEXT: up to the limit: success
  show("up to the limit", __wasi_fd_write(file, &iovec, 1, &size));
  // CHECK-NEXT: past the limit: fbig
  show("past the limit", __wasi_fd_write(file, &iovec, 1, &size));
  // CHECK-NEXT: size past the limit: fbig
  show("size past the limit", __wasi_fd_filestat_set_size(file, 1 << 20));

  int highest = 0, last;
  while ((last = openAt(ROOT, "file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_TELL)) >= 0)
    highest = last;
  // CHECK-NEXT: many: mfile, 1
  printf("many: %s, %d\n", nameOf((__wasi_errno_t)-last), highest > 900);
  // CHECK-NEXT: create: mfile
  show("create", tryOpen(ROOT, "new", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE));
  must("close", __wasi_fd_close(500));
  must("close", __wasi_fd_close(20));
  __wasi_filestat_t stat;
  __wasi_filesize_t position;
  // CHECK-NEXT: created: noent
  show("created", __wasi_path_filestat_get(ROOT, 0, "new", &stat));
  // CHECK-NEXT: reused: 20
  printf("reused: %d\n", openAt(ROOT, "file", 0, __WASI_RIGHTS_FD_READ));
  must("renumber", __wasi_fd_renumber(highest, 6));
  // CHECK-NEXT: renumbered: badf success
  printf("renumbered: %s", nameOf(__wasi_fd_close(highest)));
  printf(" %s\n", nameOf(__wasi_fd_tell(6, &position)));
  // CHECK-NEXT: to a free number: badf
  show("to a free number", __wasi_fd_renumber(6, 500));
}
