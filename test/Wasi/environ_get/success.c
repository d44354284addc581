// The variables that were given, and none of the host's.
// WASI preview 1, environ_get.
//
// RUN: %build-guest
// RUN: env C=3 %t --wasi-env=A=1 "--wasi-env=B=two words=2" | FileCheck %s

#include "wasi-test.h"

int main(void) {
  __wasi_size_t count, bytes;
  must("sizes", __wasi_environ_sizes_get(&count, &bytes));
  uint8_t *environ[8], buffer[256];
  must("get", __wasi_environ_get(environ, buffer));
  // CHECK: A=1
  // CHECK-NEXT: B=two words=2
  // CHECK-NOT: {{.}}
  for (unsigned i = 0; i < count; ++i)
    printf("%s\n", environ[i]);
}
