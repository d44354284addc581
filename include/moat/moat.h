/* Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE. */
/*
 * The public C interface of the runtime, in two parts.
 *
 * First, for host programs: modules compiled with --emit=shared or --emit=archive, in stores.
 * `moat plugin.wasm --emit=archive -o libplugin.a` writes plugin.h as well, which wraps all of
 * this in functions with the module's own types; what is here works for any module.
 *
 *     moat_store *store = moat_create_store(NULL);
 *     moat_import imports[] = {{"host", 4, "log", 3,
 *                               moat_make_function(store, "(func (param i32))", log, context)}};
 *     moat_error error;
 *     moat_instance *plugin = moat_instantiate(store, &plugin_module, imports, 1, &error);
 *     moat_value values[2] = {{.i32 = 7}, {.i32 = 2}};
 *     moat_trap_info trap;
 *     if (moat_call(moat_find_export(plugin, "divide"), values, &trap) == MOAT_RETURNED)
 *       printf("%u\n", values[0].i32);
 *     moat_destroy_store(store);
 *
 * Second, for objects that are linked into an executable (`moat app.wasm host.o -o app`): they may
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
 * In both, imported functions run on the guest's stack, of which they have at least 64 KiB. In
 * host programs they can leave it: moat_call_on_host_stack.
 */

#ifndef MOAT_MOAT_H
#define MOAT_MOAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define MOAT_NORETURN [[noreturn]]
/* What a member of an options structure is that a designated initializer leaves out. */
#define MOAT_DEFAULT(value) = value
#else
#define MOAT_NORETURN _Noreturn
#define MOAT_DEFAULT(value)
#endif

/** An instance of a module. To C++ it is moat::abi::Instance. */
#ifdef __cplusplus
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

/** How a call ended. */
typedef enum moat_ending {
  MOAT_RETURNED,
  MOAT_TRAPPED, /**< `kind` and `text` say how; also if the host interrupted it */
  MOAT_EXITED,  /**< the guest ended itself (proc_exit), with `exit_code` */
  MOAT_THREW,   /**< an exception was not caught: `exception` */
  MOAT_FAILED,  /**< a function of the host ended it (moat_fail): `exit_code` and `text` */
} moat_ending;

/** What a call that did not return left behind. */
typedef struct moat_trap_info {
  int32_t kind;     /**< moat_trap_kind; -1: no trap */
  uint32_t exit_code;
  /** The specification's words for a trap, moat_fail's text; null: neither. */
  const char *text;
  /** The innermost frames: addresses of instructions, for moat_function_name. */
  uint32_t frame_count;
  uint32_t ending;  /**< moat_ending */
  uint64_t depth;   /**< the number of all frames */
  uint64_t frames[64];
  void *exception;  /**< for moat_exception_tag and moat_exception_values; else null */
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
MOAT_NORETURN void moat_trap(uint32_t kind);

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

/*
 * Host programs: stores.
 */

/**
 * A store holds instances, of one module or several, and what they share: functions,
 * memories, tables, globals, tags, and the stack that their code runs on.
 *
 * What is in a store lives until the store is destroyed, since references lead from anything
 * in it to anything else. A plugin that is to go by itself has a store of its own: creating
 * one takes microseconds. One thread at a time uses a store, any thread; different stores
 * know nothing of each other.
 *
 * The first call of a thread gives it a signal stack of 64 KiB, unless it has one as large,
 * for as long as it lives; the first store installs handlers for SIGSEGV and SIGBUS, which
 * hand on what is not a guest's fault to the handlers that were there before.
 */
typedef struct moat_store moat_store;

/**
 * Keeps the address space that stores leave behind, for later ones: of memories (those that
 * need no --bounds=checked, 8 GiB each) and of stacks. Making and destroying a store is then
 * several times as fast, on several threads above all. What is kept holds no byte of those
 * who had it, and no memory but a page for each stack. A shared memory comes back when the
 * last store that has it is destroyed.
 *
 * Any thread may use a pool, in any number of stores.
 */
typedef struct moat_pool moat_pool;

/** At most so many of each are kept. Null: no memory. */
moat_pool *moat_create_pool(size_t memories, size_t stacks);
/** Frees what is kept. Stores that were made with it may live on: what they leave is not kept
 * any more. No store may be made with it during the call or later. Null is fine. */
void moat_destroy_pool(moat_pool *pool);

/** Zero everywhere is the default; what C++ leaves out is. */
typedef struct moat_store_options {
  uint64_t stack_bytes MOAT_DEFAULT(0);    /**< of the guests' stack; 0: 8 MiB */
  uint64_t memory_bytes MOAT_DEFAULT(0);   /**< limit of all memories together; 0: none */
  uint64_t table_elements MOAT_DEFAULT(0); /**< limit of all tables together; 0: none */
  /** Limit of each call from the host, elapsed time; then it traps with
   * MOAT_TRAP_TimeExceeded. 0: none. Uses SIGURG, as moat_interrupt does. */
  uint64_t call_time_ns MOAT_DEFAULT(0);
  /** Memories that moat_make_memory makes reserve no addresses, and can only be imported by
   * modules compiled with --bounds=checked. */
  bool prefers_unguarded MOAT_DEFAULT(false);
  bool stresses_heap MOAT_DEFAULT(false); /**< for tests: every allocation of an object collects garbage */
  uint64_t heap_bytes MOAT_DEFAULT(0); /**< limit of the garbage-collected heap; 0: none */
  moat_pool *pool MOAT_DEFAULT(nullptr); /**< where memories and the stack come from and go to; or null */
} moat_store_options;

/** Null options: the defaults. Null: no memory, or no address space. */
moat_store *moat_create_store(const moat_store_options *options);
/** Frees all that is in the store. No call may be running in it: destroying it in a function of the
 * host that it called ends the process, with a message. Null is fine. */
void moat_destroy_store(moat_store *store);
/** The store of an instance. */
moat_store *moat_store_of(moat_instance *instance);

/**
 * Interrupts the call that runs in the store, from any thread: it traps with
 * MOAT_TRAP_Interrupted at once, or, where a function of the host runs, when that returns
 * to the guest. System calls of WASI functions that wait end early. Nothing is interrupted
 * that begins later. Uses SIGURG, whose handler is installed by the first use; signals that
 * are not ours go to the handler that was there before.
 *
 * \returns false: no call is running
 */
bool moat_interrupt(moat_store *store);

#if defined(__GNUC__)
/** A value of type v128. */
typedef uint8_t moat_v128 __attribute__((vector_size(16)));
#endif

/** A value of any type, as the module's value types have it. */
typedef union moat_value {
  uint32_t i32;
  uint64_t i64;
  float f32;
  double f64;
  uint8_t v128[16];
  /** Null is the null reference. Of type funcref, or of a function's type, it is what
   * moat_function_reference gave of a function of the same store: moat_call, moat_throw, what
   * functions of the host return, tables and globals refuse anything else; the typed functions
   * of headers check nothing, and must not be given it. Of type externref it is the host's own
   * pointer, below 2^63. Of other types it is what came out of the store, unchanged. */
  void *ref;
#if defined(__GNUC__)
  moat_v128 vector;
} __attribute__((aligned(16))) moat_value;
#else
} moat_value;
#endif

/** Kinds of value types, and the abstract heap types of references. */
typedef enum moat_kind {
  MOAT_I32,
  MOAT_I64,
  MOAT_F32,
  MOAT_F64,
  MOAT_V128,
  MOAT_FUNCREF,
  MOAT_EXTERNREF,
} moat_kind;

typedef enum moat_extern_kind {
  MOAT_FUNCTION,
  MOAT_TABLE,
  MOAT_MEMORY,
  MOAT_GLOBAL,
  MOAT_TAG,
} moat_extern_kind;

/** Something that can be exported and imported, with its type. Lives as long as its store.
 * It is what the runtime made, copied whole: if its kind was changed it counts as nothing, and
 * `object` and the fields behind it must not be. */
typedef struct moat_extern {
  moat_extern_kind kind;
  void *object; /**< null: there is no such thing */
  moat_store *store;
  uint64_t type[12];
} moat_extern;

/** What the host provides for one import. Names are bytes, and need no NUL. */
typedef struct moat_import {
  const char *module;
  size_t module_size;
  const char *field;
  size_t field_size;
  moat_extern provided;
} moat_import;

/** Why something could not be made. */
typedef enum moat_error_kind {
  MOAT_OK,
  MOAT_BAD_MODULE, /**< of another version, or compiled for an executable */
  MOAT_UNLINKABLE, /**< an import is missing, or of another type */
  MOAT_NO_RESOURCES, /**< no memory or address space, or past the store's limits */
  MOAT_START_FAILED, /**< an active segment or the start function: see `trap` */
  MOAT_INVALID_ARG_TYPE,  /**< ERR_INVALID_ARG_TYPE: an argument is missing or of a wrong kind */
  MOAT_INVALID_ARG_VALUE, /**< ERR_INVALID_ARG_VALUE: there is no such choice */
  MOAT_OUT_OF_RANGE,      /**< ERR_OUT_OF_RANGE */
  MOAT_WASI_ALREADY_STARTED, /**< ERR_WASI_ALREADY_STARTED */
  MOAT_WASI_NOT_STARTED,  /**< ERR_WASI_NOT_STARTED */
  MOAT_SYSTEM_ERROR, /**< a folder or stream cannot be opened: `code` */
} moat_error_kind;

typedef struct moat_error {
  moat_error_kind kind;
  const char *code;  /**< of a system error: ENOENT and so on; else Node's name, or null */
  /** What was wanted and what was found. For MOAT_UNLINKABLE it begins with the
   * specification's phrase and names both sides with their types. */
  char text[512];
  moat_trap_info trap; /**< of MOAT_START_FAILED */
} moat_error;

/** A compiled module: the symbol `moat_module` of a shared library, `NAME__module` of an
 * archive and its header. */
#ifdef __cplusplus
} // extern "C"
namespace moat {
namespace abi {
struct ModuleDescriptor;
}
} // namespace moat
typedef moat::abi::ModuleDescriptor moat_module_descriptor;
extern "C" {
#else
typedef struct moat_module_descriptor moat_module_descriptor;
#endif

size_t moat_import_count(const moat_module_descriptor *module);
/** Import \p index: its names and kind. \returns the kind. */
moat_extern_kind moat_import_at(const moat_module_descriptor *module, size_t index,
                                const char **name, size_t *name_size, const char **field,
                                size_t *field_size);

/** Writes the type of import \p index, as moat_type_text does. */
void moat_import_type_text(const moat_module_descriptor *module, size_t index, char *buffer,
                           size_t size);

/** Something for import \p index of a module, under its name. */
moat_import moat_import_for(const moat_module_descriptor *module, size_t index,
                            moat_extern provided);

/**
 * Makes an instance: links, initializes, and runs the start function
 * (Core 3.0, 4.7.3 Instantiation). Among imports of one name the last counts; those that the
 * module does not ask for are ignored. Both may be null if there are none.
 * The module's code must stay loaded as long as the store lives.
 *
 * \returns null: \p error, which may be null, says why
 */
moat_instance *moat_instantiate(moat_store *store, const moat_module_descriptor *module,
                                const moat_import *imports, size_t import_count,
                                moat_error *error);

/** The export of that name; without an object if there is none. */
moat_extern moat_find_export(moat_instance *instance, const char *name);
/** The same for a name that may hold any bytes. */
moat_extern moat_find_export_named(moat_instance *instance, const char *name,
                                   size_t name_size);
size_t moat_export_count(moat_instance *instance);
moat_extern moat_export_at(moat_instance *instance, size_t index, const char **name,
                           size_t *name_size);

/** Writes a type as the text format has it, `(func (param i32) (result i64))` or
 * `(memory 1 2)`, NUL-terminated and cut off at \p size bytes; `nothing` without an object. */
void moat_type_text(const moat_extern *thing, char *buffer, size_t size);
/** How many parameters and results a function or tag has, of anything else 0; both may be
 * null. */
void moat_function_arity(const moat_extern *function, size_t *parameters, size_t *results);

/*
 * Host programs: calls.
 */

/**
 * Calls a function: \p values holds its arguments from 0 on, then its results; there must be
 * room for both. May be called from functions of the host, at any depth.
 *
 * \returns MOAT_RETURNED, or how it ended; then \p trap, which may be null, says more.
 *   Memories, tables and globals are then as the call left them, and the instance can still
 *   be used.
 */
moat_ending moat_call(moat_extern function, moat_value *values, moat_trap_info *trap);

/** The same for export \p index of an instance, as headers of libraries count them. */
moat_ending moat_call_export(moat_instance *instance, size_t index, moat_value *values,
                             moat_trap_info *trap);

/**
 * A function of the host: gets its arguments in values[0] on, and replaces them by its
 * results. Runs on the guest's stack, of which at least 64 KiB are left. May call moat_trap or
 * moat_fail; then its own frames are left as by longjmp(3). It may call moat_throw, or call
 * an export that throws directly; then its frames, if they are of C++, are unwound: destructors
 * run, and `catch (...)` takes the exception. It must not be left otherwise: a
 * C++ exception ends the process (std::terminate; moat/Exception.h makes functions that
 * may throw some), and longjmp past a call leaves the thread's stack in doubt.
 */
typedef void (*moat_callback)(void *context, moat_value *values);

/** Ends the guest's call with MOAT_FAILED. \p text must live as long as anybody reads it. */
MOAT_NORETURN void moat_fail(uint32_t code, const char *text);

/**
 * Throws an exception, for functions of the host: the guest that called the function may catch
 * it, or it ends the call from outside (MOAT_THREW). \p tag is of the same store, an export of
 * an instance or made by moat_make_tag; \p values are as many as it has parameters, and may be
 * null if it has none. With anything else than such a tag it ends the call as moat_fail does.
 */
MOAT_NORETURN void moat_throw(moat_extern tag, const moat_value *values);

/**
 * Ends the guest's call as an inner one ended, for functions of the host: an exception is thrown
 * on, a trap traps, and so on. \p trap is what an inner call, which did not return, left.
 */
MOAT_NORETURN void moat_pass_on(const moat_trap_info *trap);

/**
 * For functions of the host: calls body(argument) on the stack that the thread was on before
 * it called into modules, below what is in use there, and not on the guest's. For language
 * runtimes that look at where their stack is. \p body may call into modules. moat_trap and
 * moat_fail in it, or in what it calls, leave its frames as by longjmp(3) and then the guest's; a
 * fault in it is no trap. Where no guest is running it is just called.
 */
void moat_call_on_host_stack(void (*body)(void *argument), void *argument);

/** Writes how a call ended, as an executable would say it: one line, then one for each
 * function of the backtrace; NUL-terminated and cut off at \p size bytes. */
void moat_describe_trap(moat_store *store, const moat_trap_info *trap, char *buffer,
                        size_t size);

/** The tag of an uncaught exception (MOAT_THREW), which lives until another one leaves the
 * store. */
moat_extern moat_exception_tag(moat_store *store, const moat_trap_info *trap);
/** Its values; \p count, which may be null, becomes their number. */
const moat_value *moat_exception_values(const moat_trap_info *trap, size_t *count);

/*
 * Host programs: things that modules can import. Without an object: no memory, or the limits
 * are past what can be had.
 */

/** \p type as the text format has it: `(func (param i32 i64) (result f32))`, or as
 * moat_type_text wrote it. Without an object also if it is malformed. */
moat_extern moat_make_function(moat_store *store, const char *type, moat_callback callback,
                               void *context);
/** For import \p index of a module: of the type that it asks for. */
moat_extern moat_make_import(moat_store *store, const moat_module_descriptor *module,
                             size_t index, moat_callback callback, void *context);
/** In pages of 64 KiB; \p maximum UINT64_MAX: none. */
moat_extern moat_make_memory(moat_store *store, uint64_t minimum, uint64_t maximum,
                             bool is_shared);
/** A shared memory of another store as one of \p store's: both use the same bytes, each store
 * on a thread of its own. It lives as long as one of them; the other store must not be
 * destroyed during the call. Without an object also if it is no shared memory. */
moat_extern moat_share_memory(moat_store *store, const moat_extern *memory);
/** Of function or external references, all null. */
moat_extern moat_make_table(moat_store *store, moat_kind element, bool is_64, uint64_t minimum,
                            uint64_t maximum);
moat_extern moat_make_global(moat_store *store, moat_kind type, bool is_mutable,
                             moat_value value);
/** \p type as of a function, without results. */
moat_extern moat_make_tag(moat_store *store, const char *type);
/** A copy of \p size bytes that lives as long as the store; for contexts. */
void *moat_keep_copy(moat_store *store, const void *bytes, size_t size);
/** Has \p destroy called for \p object when the store is destroyed, behind all else in it; last
 * come, first gone. False: no memory. */
bool moat_keep(moat_store *store, void *object, void (*destroy)(void *object));

/*
 * Host programs: memories, tables, globals.
 */

/** The base and the size in bytes. Valid until the memory grows. */
uint8_t *moat_memory_base(const moat_extern *memory);
uint64_t moat_memory_size(const moat_extern *memory);
/** Copies out of and into a memory. False: not all of it is inside; nothing is copied. */
bool moat_read_memory(const moat_extern *memory, uint64_t address, void *to, size_t size);
bool moat_write_memory(const moat_extern *memory, uint64_t address, const void *from,
                       size_t size);
/** As memory.grow: \returns the old size in pages, or -1. */
int64_t moat_grow_memory(const moat_extern *memory, uint64_t pages);

uint64_t moat_table_size(const moat_extern *table);
/** False: out of bounds. A reference is null, a moat_function_reference or the host's own. */
bool moat_get_element(const moat_extern *table, uint64_t index, void **element);
/** False: out of bounds, or not a reference of the table's type: only null, and in tables of
 * functions what moat_function_reference gave of a function of the same store. */
bool moat_set_element(const moat_extern *table, uint64_t index, void *element);
/** As table.grow: \returns the old size, or -1. */
int64_t moat_grow_table(const moat_extern *table, uint64_t count, void *element);

/** The value of type funcref that refers to a function, and back: without an object if it is
 * not one of the store's. */
void *moat_function_reference(const moat_extern *function);
moat_extern moat_function_of(moat_store *store, void *reference);

moat_value moat_get_global(const moat_extern *global);
/** False: it is immutable, or \p value is not a reference of its type, as in tables. */
bool moat_set_global(const moat_extern *global, moat_value value);

/*
 * Host programs: WASI. moat/WASI.h wraps it for C++ and says more.
 */

typedef struct moat_wasi moat_wasi;

typedef struct moat_preopen {
  const char *guest MOAT_DEFAULT(nullptr); /**< what the guest calls it */
  const char *host MOAT_DEFAULT(nullptr);  /**< a folder */
  bool is_read_only MOAT_DEFAULT(false);
} moat_preopen;

typedef struct moat_wasi_options {
  const char *version MOAT_DEFAULT(nullptr); /**< "unstable" or "preview1"; required */
  const char *const *args MOAT_DEFAULT(nullptr); /**< args[0] is the program's name */
  size_t arg_count MOAT_DEFAULT(0);
  const char *const *env MOAT_DEFAULT(nullptr); /**< NAME=VALUE */
  size_t env_count MOAT_DEFAULT(0);
  const moat_preopen *preopens MOAT_DEFAULT(nullptr);
  size_t preopen_count MOAT_DEFAULT(0);
  /** Descriptors of the host that are the guest's 0, 1 and 2; they are duplicated. */
  int32_t stdin_fd MOAT_DEFAULT(0), stdout_fd MOAT_DEFAULT(1), stderr_fd MOAT_DEFAULT(2);
  /** proc_exit ends the call, and moat_wasi_start returns the code; else the process. */
  bool return_on_exit MOAT_DEFAULT(true);
} moat_wasi_options;

/** Node's defaults: no arguments, environment or folders, the process's own streams,
 * return_on_exit. `version` is null. C++ has them without this. */
#define MOAT_WASI_DEFAULTS {0, 0, 0, 0, 0, 0, 0, 0, 1, 2, true}

/** Opens the folders and streams. Lives as long as the store. Null: \p error. */
moat_wasi *moat_create_wasi(moat_store *store, const moat_wasi_options *options,
                            moat_error *error);
/** All functions of the version, as imports; they live as long as the store. */
const moat_import *moat_wasi_imports(moat_wasi *wasi, size_t *count);
/** Binds the instance's exported memory, and calls `_start`. \returns false: \p error.
 * \p exit_code becomes 0 when `_start` returns, else what proc_exit said. */
bool moat_wasi_start(moat_wasi *wasi, moat_instance *instance, int32_t *exit_code,
                     moat_error *error);
/** Binds the memory, and calls `_initialize` if there is one. */
bool moat_wasi_initialize(moat_wasi *wasi, moat_instance *instance, moat_error *error);
/** Binds \p memory, or if it is null the instance's exported one. */
bool moat_wasi_finalize_bindings(moat_wasi *wasi, moat_instance *instance,
                                 const moat_extern *memory, moat_error *error);

#ifdef __cplusplus
} // extern "C"
#endif

#endif
