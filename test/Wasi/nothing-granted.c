// A program that was given nothing has its three streams and can open nothing. A folder as
// standard input grants nothing below it.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: %t < /dev/null | FileCheck %s
// RUN: sh -c "%t < /" | FileCheck %s --check-prefix=FOLDER

#include "wasi-test.h"

int main(void) {
  __wasi_prestat_t prestat;
  __wasi_fd_t fd;
  for (int i = 0; i < 8; ++i)
    if (__wasi_fd_prestat_get(i, &prestat) != __WASI_ERRNO_BADF)
      printf("%d is a preopen\n", i);
  // CHECK-NOT: preopen
  // CHECK: open: notdir
  // FOLDER: open: notcapable
  show("open", __wasi_path_open(0, FOLLOW, "etc/passwd", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd));
  // CHECK-NEXT: 3: badf
  // FOLDER-NEXT: 3: badf
  show("3", __wasi_path_open(3, FOLLOW, "etc/passwd", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd));
  // CHECK-NEXT: environment: 0
  __wasi_size_t count = 99, size;
  must("environ_sizes_get", __wasi_environ_sizes_get(&count, &size));
  printf("environment: %d\n", (int)count);
}
