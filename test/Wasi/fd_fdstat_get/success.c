// Kind, flags and rights of a file, a directory and a stream.
// WASI preview 1, fd_fdstat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd =
      openAt(ROOT, "file", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK);
  __wasi_fdstat_t stat;
  must("file", __wasi_fd_fdstat_get(fd, &stat));
  // CHECK: file: type 4 flags 0 rights 6 0
  printf("file: type %d flags %d rights %llx %llx\n", stat.fs_filetype,
         stat.fs_flags, stat.fs_rights_base, stat.fs_rights_inheriting);
  must("directory", __wasi_fd_fdstat_get(ROOT, &stat));
  // CHECK-NEXT: directory: type 3, opens: 1, reads: 0
  printf("directory: type %d, opens: %d, reads: %d\n", stat.fs_filetype,
         (stat.fs_rights_base & __WASI_RIGHTS_PATH_OPEN) != 0,
         (stat.fs_rights_base & __WASI_RIGHTS_FD_READ) != 0);
  must("stream", __wasi_fd_fdstat_get(1, &stat));
  // CHECK-NEXT: stream: seeks: 0
  printf("stream: seeks: %d\n",
         (stat.fs_rights_base & __WASI_RIGHTS_FD_SEEK) != 0);
}
