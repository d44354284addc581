// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// For the size of a program and the time from its start to its end.

#include <stdio.h>

int main(void) {
  puts("Hello, world!");
  return 0;
}
