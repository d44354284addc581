// Signals that a guest raises end its process as that signal would, are ignored, or are
// inval. Not even a handled one (the runtime handles faults) is kept from ending it.
// WASI preview 1, proc_raise, signal.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: %t 0 | FileCheck %s
// RUN: sh -c "ulimit -c 0; %t 15; echo \$?; %t 6; echo \$?; %t 11; echo \$?; %t 9; echo \$?" | FileCheck %s --check-prefix=ENDS
// ENDS: 143
// ENDS-NEXT: 134
// ENDS-NEXT: 139
// ENDS-NEXT: 137

#include "wasi-test.h"

// wasi-libc no longer declares it.
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise")))
int procRaise(int signal);

// WASI's numbers.
enum { None = 0, Abrt = 6, Kill = 9, Segv = 11, Pipe = 13, Term = 15, Chld = 16 };

int main(int argc, char **argv) {
  if (atoi(argv[1]) != None)
    return procRaise(atoi(argv[1])); // does not return
  // CHECK: none: success
  show("none", procRaise(None));
  // CHECK-NEXT: pipe: success
  show("pipe", procRaise(Pipe));
  // CHECK-NEXT: child: success
  show("child", procRaise(Chld));
  // CHECK-NEXT: unknown: inval
  show("unknown", procRaise(31));
}
