// fdflags append sends writes to the end wherever the position is; fd_pwrite still writes
// where it is told. The flags can be taken away and set again.
// WASI preview 1, fdflags, fd_fdstat_set_flags; unlike pwrite(2) on Linux.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir && %t --wasi-dir=%t.dir::/ | FileCheck %s
// RUN: FileCheck %s --check-prefix=FILE --input-file=%t.dir/file

#include "wasi-test.h"

static __wasi_size_t size;
static void writeText(int fd, const char *text) {
  __wasi_ciovec_t iovec = {(const uint8_t *)text, strlen(text)};
  must("write", __wasi_fd_write(fd, &iovec, 1, &size));
}

int main(void) {
  __wasi_fd_t fd;
  __wasi_filesize_t at;
  writeFile("file", "0123456789");
  must("open", __wasi_path_open(ROOT, 0, "file", 0, ALL_RIGHTS, 0, __WASI_FDFLAGS_APPEND, &fd));
  writeText(fd, "abc"); // at 10
  must("seek", __wasi_fd_seek(fd, 2, __WASI_WHENCE_SET, &at));
  writeText(fd, "def"); // at 13
  __wasi_ciovec_t iovec = {(const uint8_t *)"XY", 2};
  must("pwrite", __wasi_fd_pwrite(fd, &iovec, 1, 4, &size)); // at 4
  __wasi_fdstat_t stat;
  must("fdstat", __wasi_fd_fdstat_get(fd, &stat));
  // CHECK: flags 1
  printf("flags %d\n", stat.fs_flags);
  must("flags", __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_DSYNC));
  must("seek", __wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at));
  writeText(fd, "!"); // at 1
  must("fdstat", __wasi_fd_fdstat_get(fd, &stat));
  // CHECK-NEXT: flags 2
  printf("flags %d\n", stat.fs_flags);
  // CHECK-NEXT: unknown flag: inval
  show("unknown flag", __wasi_fd_fdstat_set_flags(fd, 32));
  // FILE: 0!23XY6789abcdef
}
