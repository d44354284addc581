// Prints files: those that lie in a folder which the program was given, and no others.
//
// RUN: rm -rf %t.dir && mkdir -p %t.dir/given && echo secret > %t.dir/secret
// RUN: echo public > %t.dir/given/public && ln -s ../secret %t.dir/given/link
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat %t.wasm -o %t
// RUN: %t --wasi-dir=%t.dir/given::/data:ro -- /data/public | FileCheck %s
// RUN: not %t --wasi-dir=%t.dir/given::/data:ro -- /data/link 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OUT
// RUN: not %t %t.dir/given/public 2>&1 | FileCheck %s --check-prefix=NOTHING
// CHECK: public
// OUT-NOT: secret{{$}}
// OUT: cat: /data/link: {{.+}}
// NOTHING: cat: {{.*}}: {{.+}}

#include <errno.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  int failures = 0;
  for (int i = 1; i < argc; ++i) {
    FILE *file = fopen(argv[i], "r");
    if (!file) {
      fprintf(stderr, "cat: %s: %s\n", argv[i], strerror(errno));
      ++failures;
      continue;
    }
    char buffer[4096];
    for (size_t size; (size = fread(buffer, 1, sizeof buffer, file)) > 0;)
      fwrite(buffer, 1, size, stdout);
    fclose(file);
  }
  return failures != 0;
}
