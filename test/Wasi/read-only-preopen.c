// A preopen given as :ro refuses every call that would change anything: notcapable, and
// nothing changes. Nor can a file be linked or renamed out of it into a writable one. What
// only reads works.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir -p %t.dir/ro/sub %t.dir/rw && echo text > %t.dir/ro/file
// RUN: %t --wasi-dir=%t.dir/ro::/ro:ro --wasi-dir=%t.dir/rw::/rw | FileCheck %s
// RUN: cat %t.dir/ro/file | FileCheck %s --check-prefix=FILE
// RUN: ls %t.dir/ro %t.dir/rw | FileCheck %s --check-prefix=FOLDERS
// FILE: text
// FOLDERS: ro:
// FOLDERS-NEXT: file
// FOLDERS-NEXT: sub
// FOLDERS-EMPTY:
// FOLDERS-NEXT: rw:
// FOLDERS-NEXT: mine

#include "wasi-test.h"

#define RW 4

int main(void) {
  __wasi_filestat_t stat;
  __wasi_size_t size;
  // CHECK: open to read: success
  show("open to read", tryOpen(ROOT, "file", 0, ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE));
  // CHECK-NEXT: open to write: notcapable
  show("open to write", tryOpen(ROOT, "file", 0, __WASI_RIGHTS_FD_WRITE));
  // CHECK-NEXT: create: notcapable
  show("create", tryOpen(ROOT, "new", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: truncate: notcapable
  show("truncate", tryOpen(ROOT, "file", __WASI_OFLAGS_TRUNC, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: mkdir: notcapable
  show("mkdir", __wasi_path_create_directory(ROOT, "new"));
  // CHECK-NEXT: rmdir: notcapable
  show("rmdir", __wasi_path_remove_directory(ROOT, "sub"));
  // CHECK-NEXT: unlink: notcapable
  show("unlink", __wasi_path_unlink_file(ROOT, "file"));
  // CHECK-NEXT: rename out: notcapable
  show("rename out", __wasi_path_rename(ROOT, "file", RW, "file"));
  // CHECK-NEXT: link out: notcapable
  show("link out", __wasi_path_link(ROOT, 0, "file", RW, "file"));
  // CHECK-NEXT: symlink: notcapable
  show("symlink", __wasi_path_symlink("file", ROOT, "link"));
  // CHECK-NEXT: times: notcapable
  show("times", __wasi_path_filestat_set_times(ROOT, 0, "file", 0, 0, __WASI_FSTFLAGS_MTIM_NOW));

  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE);
  // CHECK-NEXT: set size: notcapable
  show("set size", __wasi_fd_filestat_set_size(fd, 0));
  // CHECK-NEXT: allocate: notcapable
  show("allocate", __wasi_fd_allocate(fd, 0, 10));
  // CHECK-NEXT: set times: notcapable
  show("set times", __wasi_fd_filestat_set_times(fd, 0, 0, __WASI_FSTFLAGS_ATIM_NOW));
  // CHECK-NEXT: write: notcapable
  show("write", __wasi_fd_write(fd, 0, 0, &size));

  // A directory below it is no better, whatever rights are asked for.
  int sub = openAt(ROOT, "sub", __WASI_OFLAGS_DIRECTORY, ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE);
  // CHECK-NEXT: below, create: notcapable
  show("below, create", tryOpen(sub, "new", __WASI_OFLAGS_CREAT, 0));
  // CHECK-NEXT: below, mkdir: notcapable
  show("below, mkdir", __wasi_path_create_directory(sub, "new"));
  // CHECK-NEXT: regain: notcapable
  show("regain", __wasi_fd_fdstat_set_rights(sub, ALL_RIGHTS, ALL_RIGHTS));

  // CHECK-NEXT: mine: success
  show("mine", tryOpen(RW, "mine", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE));
  // CHECK-NEXT: rename in: notcapable
  show("rename in", __wasi_path_rename(RW, "mine", ROOT, "mine"));
  // CHECK-NEXT: link in: notcapable
  show("link in", __wasi_path_link(RW, 0, "mine", ROOT, "mine"));
  // CHECK-NEXT: stat: success
  show("stat", __wasi_path_filestat_get(ROOT, 0, "file", &stat));
}
