// Removes a file, or a link and not what it leads to; who has it open keeps
// it.
// WASI preview 1, path_unlink_file.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  uint8_t bytes[4] = {1, 2, 3, 4};
  __wasi_size_t size;
  __wasi_iovec_t iovec = {bytes, sizeof(bytes)};
  must("symlink", __wasi_path_symlink("file", ROOT, "link"));
  // CHECK: link: success
  show("link", __wasi_path_unlink_file(ROOT, "link"));
  // CHECK-NEXT: file: success
  show("file", __wasi_path_unlink_file(ROOT, "file"));
  // CHECK-NEXT: again: noent
  show("again", __wasi_path_unlink_file(ROOT, "file"));
  // CHECK-NEXT: read: success
  show("read", __wasi_fd_read(fd, &iovec, 1, &size));
}
