// Every advice there is changes nothing that can be seen.
// WASI preview 1, fd_advise.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  writeFile("file", "0123456789");
  int fd = openAt(ROOT, "file", 0, ALL_RIGHTS);
  for (unsigned advice = 0; advice < 6; ++advice)
    // CHECK-COUNT-6: advice: success
    show("advice", __wasi_fd_advise(fd, 2, 100, advice));
}
