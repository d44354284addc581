/* Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE. */
/* The main of a program that wasm2c made of a WASI module (utils/bench/wasm2c).
   IMPORTS: `, host` for each module that the program imports. Exit codes: the
   guest's; 134 after a trap, which is named; 125 if it cannot be started. */

#include "Wasm2c.h"
#include "guest.h"
#include "wasm-rt-impl.h"
#include <stdio.h>

int main(int argc, char **argv) {
  static Z_guest_instance_t guest;
  void *host = moat_wasm2c_start(argv, Z_guestZ_memory(&guest));
  if (!host)
    return 125;
  wasm_rt_init();
  Z_guest_init_module();
  wasm_rt_trap_t trap = wasm_rt_impl_try();
  if (trap) {
    fprintf(stderr, "%s: trap: %s\n", argv[0], wasm_rt_strerror(trap));
    return 134;
  }
  Z_guest_instantiate(&guest IMPORTS);
  Z_guestZ__start(&guest);
  return 0;
}
