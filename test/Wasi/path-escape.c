// Every path call with every way out: `..`, absolute paths, links that the host made
// (absolute, relative, through a directory, dangling), magic links, and links that the guest
// tries to make itself. All are refused with perm (magic links: loop or perm), none has an
// effect. The same without openat2(2), by the runtime's own walk.
// WASI preview 1, path_*; openat2(2), RESOLVE_BENEATH.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir -p %t.dir/root/sub %t.dir/outside
// RUN: echo secret > %t.dir/outside/secret
// RUN: ln -s ../outside %t.dir/root/out && ln -s %t.dir/outside %t.dir/root/absolute
// RUN: ln -s ../../outside/secret %t.dir/root/sub/file && ln -s ../outside/new %t.dir/root/dangling
// RUN: ln -s /proc/self/fd/0 %t.dir/root/magic
// RUN: %t --wasi-dir=%t.dir/root::/ | FileCheck %s --implicit-check-not=success
// RUN: %clang-host %S/Inputs/deny.c -o %t.deny
// RUN: rm %t.dir/root/sub/l
// RUN: %t.deny nosys openat2 %t --wasi-dir=%t.dir/root::/ | FileCheck %s --implicit-check-not=success
// RUN: rm %t.dir/root/sub/l
// RUN: %t.deny perm openat2 %t --wasi-dir=%t.dir/root::/ | FileCheck %s --implicit-check-not=success
// RUN: ls %t.dir/outside | FileCheck %s --check-prefix=OUTSIDE
// RUN: cat %t.dir/outside/secret | FileCheck %s --check-prefix=SECRET
// OUTSIDE: secret
// OUTSIDE-NOT: {{.}}
// SECRET: secret
// SECRET-NOT: {{.}}

#include "wasi-test.h"

static void tryAll(const char *path) {
  __wasi_filestat_t stat;
  printf("%s\n", path);
  show(" open", tryOpen(ROOT, path, 0, __WASI_RIGHTS_FD_READ));
  show(" create", tryOpen(ROOT, path, __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE));
  show(" truncate", tryOpen(ROOT, path, __WASI_OFLAGS_TRUNC, __WASI_RIGHTS_FD_WRITE));
  show(" directory", tryOpen(ROOT, path, __WASI_OFLAGS_DIRECTORY, 0));
  show(" stat", __wasi_path_filestat_get(ROOT, FOLLOW, path, &stat));
  show(" times", __wasi_path_filestat_set_times(ROOT, FOLLOW, path, 1, 1,
                                                __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM));
  show(" link", __wasi_path_link(ROOT, FOLLOW, path, ROOT, "linked"));
}

// These act on the last component, so links there are what they act on.
static void tryEntry(const char *path) {
  __wasi_size_t size;
  uint8_t buffer[64];
  printf("%s\n", path);
  show(" mkdir", __wasi_path_create_directory(ROOT, path));
  show(" rmdir", __wasi_path_remove_directory(ROOT, path));
  show(" unlink", __wasi_path_unlink_file(ROOT, path));
  show(" readlink", __wasi_path_readlink(ROOT, path, buffer, sizeof(buffer), &size));
  show(" rename from", __wasi_path_rename(ROOT, path, ROOT, "renamed"));
  show(" rename to", __wasi_path_rename(ROOT, "sub", ROOT, path));
  show(" symlink", __wasi_path_symlink("target", ROOT, path));
  show(" link to", __wasi_path_link(ROOT, 0, "magic", ROOT, path));
}

int main(void) {
  // CHECK-LABEL: {{^}}../outside/secret
  // CHECK-NEXT: open: perm
  // CHECK-NEXT: create: perm
  // CHECK-NEXT: truncate: perm
  // CHECK-NEXT: directory: perm
  // CHECK-NEXT: stat: perm
  // CHECK-NEXT: times: perm
  // CHECK-NEXT: link: perm
  tryAll("../outside/secret");
  // CHECK-LABEL: {{^}}/
  // CHECK-COUNT-7: : perm
  tryAll("/");
  // CHECK-LABEL: {{^}}..
  // CHECK-COUNT-7: : perm
  tryAll("..");
  // CHECK-LABEL: {{^}}sub/../../outside/secret
  // CHECK-COUNT-7: : perm
  tryAll("sub/../../outside/secret");
  // CHECK-LABEL: {{^}}out/secret
  // CHECK-COUNT-7: : perm
  tryAll("out/secret");
  // CHECK-LABEL: {{^}}absolute/secret
  // CHECK-COUNT-7: : perm
  tryAll("absolute/secret");
  // CHECK-LABEL: {{^}}sub/file
  // CHECK-COUNT-7: : perm
  tryAll("sub/file");
  // CHECK-LABEL: {{^}}dangling
  // CHECK-COUNT-7: : perm
  tryAll("dangling");
  // CHECK-LABEL: {{^}}magic
  // CHECK-COUNT-7: : {{perm|loop}}
  tryAll("magic");

  // CHECK-LABEL: {{^}}../outside/new
  // CHECK-COUNT-8: : perm
  tryEntry("../outside/new");
  // CHECK-LABEL: {{^}}out/new
  // CHECK-COUNT-8: : perm
  tryEntry("out/new");
  // CHECK-LABEL: {{^}}absolute/new
  // CHECK-COUNT-8: : perm
  tryEntry("absolute/new");
  // CHECK-LABEL: {{^}}/new
  // CHECK-COUNT-8: : perm
  tryEntry("/new");
  // CHECK-LABEL: {{^}}..
  // CHECK-COUNT-8: : perm
  tryEntry("..");

  // Links of the guest's own making.
  // CHECK: to /etc/passwd: perm
  show("to /etc/passwd", __wasi_path_symlink("/etc/passwd", ROOT, "l"));
  // CHECK-NEXT: to ..: perm
  show("to ..", __wasi_path_symlink("..", ROOT, "l"));
  // CHECK-NEXT: to ../outside: perm
  show("to ../outside", __wasi_path_symlink("../outside", ROOT, "l"));
  // CHECK-NEXT: to a/../../outside: perm
  show("to a/../../outside", __wasi_path_symlink("a/../../outside", ROOT, "l"));
  // CHECK-NEXT: from below: perm
  show("from below", __wasi_path_symlink("../../outside", ROOT, "sub/l"));
  // CHECK-NEXT: allowed: 0
  printf("allowed: %d\n", __wasi_path_symlink("../sub", ROOT, "sub/l"));
}
