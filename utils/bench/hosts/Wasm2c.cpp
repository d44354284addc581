// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The functions that a C program written by wasm2c imports, under wasm2c's
// names: each takes the host that moat_wasm2c_start made.

#include "Wasm2c.h"
#include "Wasi.h"
#include "Wasi/Symbols.h"
#include <cstdio>
#include <ctime>

using namespace moat;
using namespace moat::bench;

namespace {

struct Host {
  WasiHost wasi;
  const wasm_rt_memory_t *memory;
  timespec started; ///< bench.start was called

  abi::Instance *instance() {
    return wasi.instance(memory->data, memory->size);
  }
};

} // namespace

extern "C" {

void *moat_wasm2c_start(char **argv, const wasm_rt_memory_t *memory) {
  static Host host;
  host.memory = memory;
  return host.wasi.start(argv[0], argv + 1) ? &host : nullptr;
}

#define FORWARD_I32(symbol, body, ...)                                         \
  uint32_t symbol(Host *host WASI_PARAMETERS(__VA_ARGS__)) {                   \
    return body(host->instance() WASI_ARGUMENTS(__VA_ARGS__));                 \
  }
#define FORWARD_None(symbol, body, ...)                                        \
  void symbol(Host *host WASI_PARAMETERS(__VA_ARGS__)) {                       \
    body(host->instance() WASI_ARGUMENTS(__VA_ARGS__));                        \
  }
#define WASI(name, result, ...)                                                \
  FORWARD_##result(Z_wasi_snapshot_preview1Z_##name,                           \
                   moat_import_wasi_snapshot_preview1__##name, __VA_ARGS__)
#include "moat/abi/WasiFunctions.def"
#define WASI(name, result, ...)                                                \
  FORWARD_##result(Z_wasi_unstableZ_##name, moat_import_wasi_unstable__##name, \
                   __VA_ARGS__)
#define WASI_SINCE_PREVIEW1(...)
#include "moat/abi/WasiFunctions.def"

// As moat's --provide-bench=time.
void Z_benchZ_start(Host *host) {
  clock_gettime(CLOCK_MONOTONIC, &host->started);
}
void Z_benchZ_end(Host *host) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  double seconds =
      static_cast<double>(now.tv_sec - host->started.tv_sec) +
      static_cast<double>(now.tv_nsec - host->started.tv_nsec) / 1e9;
  fprintf(stderr, "moat: bench: %.9f s\n", seconds);
}
}
