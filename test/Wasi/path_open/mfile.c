// The host has no more descriptors: an errno, and no file is made.
// WASI preview 1, path_open.
//
// RUN: %build-guest
// RUN: prlimit --nofile=20 %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  int count = 0;
  __wasi_errno_t error;
  do {
    char name[16];
    sprintf(name, "file-%d", count);
    int fd = openAt(ROOT, name, __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE);
    error = fd < 0 ? -fd : 0;
    count += fd >= 0;
  } while (!error);
  // CHECK: mfile 1
  printf("%s %d\n", nameOf(error), count > 5);
}
