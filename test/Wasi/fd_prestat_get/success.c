// A preopen tells the length of its name.
// WASI preview 1, fd_prestat_get.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ --wasi-dir=%t.dir::/a/longer | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_prestat_t stat;
  // CHECK: success
  show("first", __wasi_fd_prestat_get(3, &stat));
  // CHECK-NEXT: 0 1
  printf("%d %d\n", stat.tag, (int)stat.u.dir.pr_name_len);
  // CHECK-NEXT: success
  show("second", __wasi_fd_prestat_get(4, &stat));
  // CHECK-NEXT: 0 9
  printf("%d %d\n", stat.tag, (int)stat.u.dir.pr_name_len);
}
