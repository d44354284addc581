/* Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE. */
/*
 * The public C interface of the runtime.
 *
 * For objects that are linked into an executable (`moat app.wasm host.o -o app`): they may
 * define functions that the module imports, and `moat_main`, which the runtime calls once
 * the module is instantiated, instead of the one that calls the export `_start`:
 *
 *     void moat_main(moat_instance *instance) { ... }
 *
 * Exported functions are C functions `moat_export_<name>`, imported ones are
 * `moat_import_<module>__<field>`; both get the instance first. How names are spelled, and
 * how more than one result is returned, is written at the end of moat/abi/Layout.h. In
 * short: letters, digits and single underscores stay, every other byte is `$` and two
 * hexadecimal digits. The export `_start` is `moat_export__start`.
 *
 * All of this runs on the guest's stack, of which an imported function has at least 64 KiB.
 */

#ifndef MOAT_MOAT_H
#define MOAT_MOAT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An instance of a module. To C++ it is moat::abi::Instance. */
#ifdef __cplusplus
} // extern "C"
namespace moat {
namespace abi {
struct Instance;
}
} // namespace moat
typedef moat::abi::Instance moat_instance;
extern "C" {
#else
typedef struct moat_instance moat_instance;
#endif

/** The traps, numbered as abi/Traps.def lists them: MOAT_TRAP_Unreachable is 0. */
enum moat_trap_kind {
#define TRAP(name, text) MOAT_TRAP_##name,
#include "moat/abi/Traps.def"
  MOAT_TRAP_COUNT,
  /** Not a trap: an exception that nothing caught. */
  MOAT_UNCAUGHT_EXCEPTION
};

/** What a trap left behind. */
typedef struct moat_trap_info {
  int32_t kind;     /**< moat_trap_kind; -1: the guest ended itself, with `exit_code`, or threw */
  uint32_t exit_code;
  const char *text; /**< the specification's words; null if kind is -1 */
  /** The innermost frames: addresses of instructions, for moat_function_name. */
  uint32_t frame_count;
  uint32_t padding;
  uint64_t depth;   /**< the number of all frames */
  uint64_t frames[64];
} moat_trap_info;

/**
 * Calls body(argument) so that a trap in it ends only this call. Calls nest, at any depth.
 * After a trap the frames between are gone as by longjmp(3), and memory, tables and globals
 * are as the trap left them; the instance can still be used.
 *
 * \param trap  filled if the result is not -1; may be null
 * \returns -1: the body returned; else the trap's number (moat_trap_kind), or
 *   MOAT_TRAP_COUNT if the guest ended itself (only in host programs: in an executable
 *   proc_exit ends the process), MOAT_UNCAUGHT_EXCEPTION if it threw
 */
int32_t moat_protect(moat_instance *instance, void (*body)(void *argument), void *argument,
                     moat_trap_info *trap);

/**
 * Traps: ends the innermost moat_protect, or the program, with trap number \p kind. For
 * functions that a module imports.
 */
#ifdef __cplusplus
[[noreturn]]
#else
_Noreturn
#endif
void moat_trap(uint32_t kind);

/**
 * The host's address of the guest's bytes [address, address + size) in memory 0. Null if any
 * of them lies past the memory's end, or there is no memory. Valid until the memory grows.
 */
void *moat_memory_slice(moat_instance *instance, uint64_t address, uint64_t size);

/**
 * The name, from the module's name section, of the function whose code \p address (one of
 * moat_trap_info::frames) is in. Empty if it has none; null if it is no function of the
 * module's. \p index, if not null, becomes its index.
 */
const char *moat_function_name(moat_instance *instance, uint64_t address, uint32_t *index);

#ifdef __cplusplus
} // extern "C"
#endif

#endif
