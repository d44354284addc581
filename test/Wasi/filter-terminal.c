// --filter-terminal: on a terminal, control characters are shown as `?`, escape sequences among
// them, also those of two bytes and those that are cut by the end of a write; text is as it is.
// Elsewhere nothing is changed.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: python3 %S/Inputs/terminal.py %t --wasi-filter-terminal | FileCheck %s
// RUN: env MOAT_WASI=filter-terminal python3 %S/Inputs/terminal.py %t | FileCheck %s
// RUN: moat -O1 %t.wasm -o %t.baked --filter-terminal && python3 %S/Inputs/terminal.py %t.baked | FileCheck %s
// CHECK: b'?[31mred?]0;title? tab\tend\r\n\xc2?31m caf\xc3\xa9 ?? \xf0\x9f\x98\x80\r\nlong 5000 '
// RUN: python3 %S/Inputs/terminal.py %t | FileCheck %s --check-prefix=PLAIN
// PLAIN: b'\x1b[31mred\x1b]0;title\x07
// RUN: %t --wasi-filter-terminal > %t.out && FileCheck %s --check-prefix=FILE --input-file=%t.out
// FILE: {{^.}}[31mred{{.}}]0;title

#include "wasi-test.h"

static void out(const char *bytes, size_t size) {
  while (size) {
    __wasi_ciovec_t iovecs[2] = {{(const uint8_t *)bytes, size / 2},
                                 {(const uint8_t *)bytes + size / 2, size - size / 2}};
    __wasi_size_t written;
    must("write", __wasi_fd_write(1, iovecs, 2, &written));
    bytes += written, size -= written;
  }
}

int main(void) {
  static const char text[] = "\x1b[31mred\x1b]0;title\x07 tab\tend\n";
  out(text, sizeof(text) - 1);
  out("\xc2", 1); // U+009B, in two writes
  out("\x9b" "31m caf\xc3\xa9 \x9b\xff \xf0\x9f\x98\x80\n", 19);
  char line[64];
  static char many[5000];
  memset(many, ' ', sizeof(many));
  snprintf(line, sizeof(line), "long %d", (int)sizeof(many));
  out(line, strlen(line));
  out(many, sizeof(many));
}
