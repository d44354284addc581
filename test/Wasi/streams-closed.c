// Closed standard streams, and pipes whose reader has gone, end in an errno; a file opened
// after closing a stream does not receive what the runtime says on standard error.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir
// RUN: sh -c "%t --wasi-dir=%t.dir::/ -- closed >&- 2>%t.err"
// RUN: FileCheck %s --check-prefix=CLOSED --input-file=%t.dir/result
// RUN: sh -c "%t --wasi-dir=%t.dir::/ -- closed <&- >&- 2>&-"
// RUN: FileCheck %s --check-prefix=CLOSED --input-file=%t.dir/result
// RUN: not sh -c "%t --wasi-dir=%t.dir::/ -- trap <&- >&- 2>&-"
// RUN: FileCheck %s --check-prefix=TRAP --input-file=%t.dir/result
// RUN: sh -c "(sleep 0.1; %t --wasi-dir=%t.dir::/ -- pipe) | true"
// RUN: FileCheck %s --check-prefix=PIPE --input-file=%t.dir/result
// RUN: not %t --wasi-dir=%t.dir::/ -- trap
// RUN: FileCheck %s --check-prefix=TRAP --input-file=%t.dir/result
// RUN: %clang-host %S/Inputs/deny.c -o %t.deny
// RUN: not %t.deny nosys epoll_create1 %t --wasi-dir=%t.dir::/ -- trap
// RUN: FileCheck %s --check-prefix=TRAP --input-file=%t.dir/result

#include "wasi-test.h"

int main(int argc, char **argv) {
  __wasi_ciovec_t iovec = {(const uint8_t *)"text", 4};
  __wasi_size_t size;
  if (strcmp(argv[1], "trap") == 0) {
    (void)!__wasi_fd_close(2);
    int fd = openAt(ROOT, "result", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC,
                    __WASI_RIGHTS_FD_WRITE);
    must("write", __wasi_fd_write(fd, &iovec, 1, &size));
    // TRAP: text
    // TRAP-NOT: {{.}}
    __builtin_trap();
  }
  // CLOSED: badf
  // PIPE: pipe
  const char *name = nameOf(__wasi_fd_write(1, &iovec, 1, &size));
  openAt(ROOT, "result", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, 0);
  writeFile("result", name);
}
