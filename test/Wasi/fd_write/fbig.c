// A file grows past the host's limit: an errno, not a signal.
// WASI preview 1, fd_write.
//
// RUN: %build-guest
// RUN: prlimit --fsize=4194304 %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  __wasi_size_t size;
  __wasi_ciovec_t iovec = {(const uint8_t *)"abcd", 4};
  __wasi_filesize_t at = 99;
  must("seek", __wasi_fd_seek(fd, 5 << 20, __WASI_WHENCE_SET, &at));
  // CHECK: fbig
  show("past the limit", __wasi_fd_write(fd, &iovec, 1, &size));
}
