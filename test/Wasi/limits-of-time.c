// Limits on time end a program wherever it is, with a message and exit code 124: in a loop that
// never calls WASI, and in a call that waits. That holds even if whoever started it has blocked
// the timers' signals.
//
// RUN: %clang-wasi -O1 %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: sh -c "%t --wasi-max-cpu-time=100ms; echo code $?" 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: sh -c "%t --wasi-max-wall-time=100ms -- wait; echo code $?" 2>&1 | FileCheck %s --check-prefix=WALL
// CPU: moat: limit: the program has used the CPU time (max-cpu-time) that it was given
// CPU-NEXT: code 124
// WALL: moat: limit: the program has used the wall time (max-wall-time) that it was given
// WALL-NEXT: code 124
//
// RUN: moat -O1 %t.wasm -o %t-baked --max-wall-time=200ms
// RUN: sh -c "%t-baked --wasi-max-wall-time=1h; echo code $?" 2>&1 | FileCheck %s --check-prefix=WALL
// RUN: python3 %S/Inputs/signals-blocked.py %t --wasi-max-wall-time=100ms 2>&1 | FileCheck %s --check-prefix=WALL
//
// A limit that is not reached changes nothing.
// RUN: %t --wasi-max-wall-time=1h --wasi-max-cpu-time=1h -- end

#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "end") == 0)
    return 0;
  if (argc > 1 && strcmp(argv[1], "wait") == 0)
    sleep(60);
  for (volatile int i = 0;; ++i)
    ;
}
