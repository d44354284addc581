// Arguments, environment, standard input, exit code.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0
// RUN: moat %t.wasm -o %t.2
// RUN: echo "one two" | not %t.0 --wasi-env=GREETING=hello -- a "b c" --wasi-dir=. > %t.0.out
// RUN: echo "one two" | not %t.2 --wasi-env=GREETING=hello -- a "b c" --wasi-dir=. > %t.2.out
// RUN: diff %t.0.out %t.2.out
// RUN: FileCheck %s < %t.2.out

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  printf("%d arguments\n", argc - 1);
  // CHECK: 3 arguments
  for (int i = 1; i < argc; ++i)
    printf("<%s>\n", argv[i]);
  // CHECK-NEXT: <a>
  // CHECK-NEXT: <b c>
  // CHECK-NEXT: <--wasi-dir=.>
  printf("%s, %s\n", getenv("GREETING"), getenv("PATH") ? "leaked" : "nothing else");
  // CHECK-NEXT: hello, nothing else
  int c, count = 0;
  while ((c = getchar()) != EOF)
    ++count;
  printf("%d bytes read\n", count);
  // CHECK-NEXT: 8 bytes read
  fprintf(stderr, "to standard error\n");
  exit(7);
}
