// A guest range that is out of bounds is fault, before anything happens: no file is made, no
// byte is read or written. The end of memory itself is a fine place for nothing.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir && echo text > %t.dir/file
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s
// RUN: ls %t.dir | FileCheck %s --check-prefix=FOLDER
// FOLDER: file
// FOLDER-NOT: {{.}}

#include "wasi-test.h"

// The functions by their wasm types, so that any address can be passed.
#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
IMPORT(path_open)
int pathOpen(int, int, int, int, int, long long, long long, int, int);
IMPORT(fd_read) int fdRead(int, int, int, int);
IMPORT(fd_write) int fdWrite(int, int, int, int);
IMPORT(random_get) int randomGet(int, int);
IMPORT(clock_time_get) int clockTimeGet(int, long long, int);
IMPORT(poll_oneoff) int pollOneoff(int, int, int, int);
IMPORT(fd_readdir) int fdReaddir(int, int, int, long long, int);
IMPORT(args_get) int argsGet(int, int);

int main(void) {
  int end = (int)(__builtin_wasm_memory_size(0) * 65536);
  static __wasi_ciovec_t good = {(const uint8_t *)"text\n", 5};
  static __wasi_ciovec_t bad[2];
  bad[0] = good;
  bad[1].buf = (const uint8_t *)(end - 2);
  bad[1].buf_len = 3;
  __wasi_size_t size;

  // CHECK: result past the end: fault
  show("result past the end", pathOpen(ROOT, 0, (int)"new", 3, __WASI_OFLAGS_CREAT, 0, 0, 0, end - 3));
  // CHECK-NEXT: path past the end: fault
  show("path past the end", pathOpen(ROOT, 0, end - 2, 3, __WASI_OFLAGS_CREAT, 0, 0, 0, (int)&size));
  // CHECK-NEXT: address and size wrap: fault
  show("address and size wrap", randomGet(-8, 16));
  // CHECK-NEXT: a good buffer and a bad one: fault
  show("a good buffer and a bad one", fdWrite(1, (int)bad, 2, (int)&size));
  // CHECK-NEXT: array past the end: fault
  show("array past the end", fdWrite(1, end - 4, 1, (int)&size));
  // CHECK-NEXT: count that wraps: fault
  show("count that wraps", fdWrite(1, (int)bad, 0x20000001, (int)&size));
  // CHECK-NEXT: clock: fault
  show("clock", clockTimeGet(0, 0, end - 7));
  // CHECK-NEXT: events past the end: fault
  show("events past the end", pollOneoff(0, end - 31, 1, (int)&size));
  // CHECK-NEXT: huge poll: fault
  show("huge poll", pollOneoff(0, 0, 0x7fffffff, (int)&size));
  // CHECK-NEXT: listing: fault
  show("listing", fdReaddir(ROOT, end - 100, 101, 0, (int)&size));
  // CHECK-NEXT: arguments: fault
  show("arguments", argsGet(end, end));
  // CHECK-NEXT: nothing at the end: success
  show("nothing at the end", randomGet(end, 0));
  // CHECK-NEXT: nothing behind the end: fault
  show("nothing behind the end", randomGet(end + 1, 0));
}
