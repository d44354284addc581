// FIFOs do not make an open wait, and stay non-blocking; devices other than the harmless ones
// and sockets are refused; magic links of /proc are not followed. The files of /proc can be
// read by who was given /proc, not by who was given the root; nobody can write them.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir && mkfifo %t.dir/fifo
// RUN: %t --wasi-dir=%t.dir::/ --wasi-dir=/dev::/dev --wasi-dir=/proc::/proc --wasi-dir=/::/host < /dev/null | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_fdstat_t stat;
  int fd = openAt(ROOT, "fifo", 0, __WASI_RIGHTS_FD_READ);
  must("fdstat", __wasi_fd_fdstat_get(fd, &stat));
  // CHECK: fifo: type 0 flags 4
  printf("fifo: type %d flags %d\n", stat.fs_filetype, stat.fs_flags);
  // CHECK-NEXT: to write, with a reader: success
  show("to write, with a reader", tryOpen(ROOT, "fifo", 0, __WASI_RIGHTS_FD_WRITE));
  must("close", __wasi_fd_close(fd));
  // CHECK-NEXT: to write, without any: nxio
  show("to write, without any", tryOpen(ROOT, "fifo", 0, __WASI_RIGHTS_FD_WRITE));
  // CHECK-NEXT: null: success
  show("null", tryOpen(4, "null", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE));
  // CHECK-NEXT: terminal: {{acces|nxio|noent}}
  show("terminal", tryOpen(4, "tty", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: kernel log: {{acces|perm|noent}}
  show("kernel log", tryOpen(4, "kmsg", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: magic link: {{loop|perm|acces|noent}}
  show("magic link", tryOpen(5, "self/fd/0", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: status: success
  show("status", tryOpen(5, "self/status", 0, __WASI_RIGHTS_FD_READ));
  // CHECK-NEXT: memory: acces
  show("memory", tryOpen(5, "self/mem", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE));
  // CHECK-NEXT: from the root: acces acces acces
  printf("from the root: %s", nameOf(tryOpen(6, "proc/self/mem", 0, __WASI_RIGHTS_FD_WRITE)));
  printf(" %s", nameOf(tryOpen(6, "proc/self/environ", 0, __WASI_RIGHTS_FD_READ)));
  printf(" %s\n", nameOf(tryOpen(6, "proc", __WASI_OFLAGS_DIRECTORY, 0)));
  // CHECK-NEXT: through one: {{loop|perm|acces|noent}}
  show("through one", tryOpen(5, "self/root/etc/passwd", 0, __WASI_RIGHTS_FD_READ));
}
