/* Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE. */
/* What Wasm2cMain.c, which is compiled with each program, calls. */

#pragma once

#include "wasm-rt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prepares the one guest of this process, as WasiHost::start (Wasi.h): its
   memory will be at *memory. Null: it has been said why not. */
void *moat_wasm2c_start(char **argv, const wasm_rt_memory_t *memory);

#ifdef __cplusplus
}
#endif
