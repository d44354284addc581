// Imports run on the guest's stack, and are entered only while abi::hostStackBytes of it are
// left: called at every depth of the last 80 KiB, every WASI function either works or is not
// entered, and the end is the trap of an exhausted stack, never a fault in the runtime.
//
// RUN: rm -rf %t && mkdir -p %t/dir && cd %t && echo text > dir/file
// RUN: python3 %S/Inputs/every-import.py %source/include/moat/abi/WasiFunctions.def > guest.wat
// RUN: %clang-musl -Wall -Wextra -Werror -c %s -o host.o
// RUN: moat guest.wat host.o -o guest
// RUN: ./guest --wasi-dir=dir::/ < dir/file | FileCheck %s
// RUN: ulimit -s unlimited
// RUN: ./guest --wasi-dir=dir::/ < dir/file | FileCheck %s
// CHECK: probe: call stack exhausted
// CHECK: run: call stack exhausted, calls at many depths: yes

#include "moat/moat.h"
#include <stdio.h>

uint32_t moat_export_run(moat_instance *, uint32_t, uint32_t);
uint32_t moat_export_depthOf(moat_instance *);
uint32_t moat_export_callsOf(moat_instance *);
void moat_main(moat_instance *);

static moat_instance *guest;
static uint32_t first;

static void run(void *unused) {
  (void)unused;
  moat_export_run(guest, 0, first);
}

void moat_main(moat_instance *instance) {
  guest = instance;
  moat_trap_info trap;
  first = UINT32_MAX;
  moat_protect(instance, run, 0, &trap);
  printf("probe: %s\n", trap.text);
  // Of frames of 16 bytes and more, so many are the last 80 KiB.
  uint32_t depth = moat_export_depthOf(instance);
  uint32_t levels = 80 * 1024 / 16;
  first = depth > levels ? depth - levels : 0;
  moat_protect(instance, run, 0, &trap);
  printf("run: %s, calls at many depths: %s\n", trap.text,
         moat_export_callsOf(instance) > 100 ? "yes" : "no");
}
