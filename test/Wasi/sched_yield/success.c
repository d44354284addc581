// Lets others run.
// WASI preview 1, sched_yield.
//
// RUN: %build-guest
// RUN: %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

int main(void) {
  // CHECK: success
  show("yield", __wasi_sched_yield());
}
