// Clocks run forward, sleeping takes its time, and calendar arithmetic is right.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 | FileCheck %s
// RUN: moat %t.wasm -o %t.2 && %t.2 | FileCheck %s

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

int main(void) {
  double begin = now(CLOCK_MONOTONIC);
  nanosleep(&(struct timespec){0, 30000000}, NULL);
  double elapsed = now(CLOCK_MONOTONIC) - begin;
  printf("slept %d\n", elapsed >= 0.03 && elapsed < 5);
  // CHECK: slept 1
  double previous = 0;
  int runsBack = 0;
  for (int i = 0; i < 1000; ++i) {
    double time = now(CLOCK_MONOTONIC);
    runsBack += time < previous;
    previous = time;
  }
  printf("ran back %d\n", runsBack);
  // CHECK: ran back 0
  printf("past 2024: %d\n", time(NULL) > 1704067200);
  // CHECK: past 2024: 1
  struct timespec resolution;
  printf("resolution %d\n", clock_getres(CLOCK_REALTIME, &resolution) == 0 &&
                                resolution.tv_sec == 0 && resolution.tv_nsec > 0);
  // CHECK: resolution 1
  time_t moment = 951782400; // 2000-02-29
  struct tm *date = gmtime(&moment);
  char text[64];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j %a", date);
  printf("%s\n", text);
  // CHECK: 2000-02-29 00:00:00 060 Tue
}
