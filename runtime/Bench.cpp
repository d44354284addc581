// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The imports `bench.start` and `bench.end`, both () -> (), which modules of
// benchmark suites call once around what is to be timed. A program has them if
// it was compiled with --provide-bench: the linker binds the imports to one of
// the pairs below (compiler/Link.cpp).

#include "Instance.h"
#include "Message.h"
#include "Wasi/Types.h"

using namespace moat;
using namespace moat::rt;

static constexpr uint64_t nsPerSecond = 1'000'000'000;

/// 0: the clock cannot be read.
static uint64_t monotonicNs() {
  auto time = host::now(host::Clock::Monotonic);
  return time ? wasi::timestamp(*time) : 0;
}

extern "C" {

/// --provide-bench=time: notes the time.
void moat_bench_start(abi::Instance *instance) {
  instanceOf(*instance).benchStartNs = monotonicNs();
}

/// --provide-bench=time: writes the wall time since moat_bench_start to
/// standard error, as `moat: bench: 0.001234567 s`.
void moat_bench_end(abi::Instance *instance) {
  uint64_t endNs = monotonicNs(), startNs = instanceOf(*instance).benchStartNs;
  Message message;
  if (!startNs) {
    message << "moat: bench: ended, but not started\n";
  } else {
    uint64_t ns = endNs - startNs;
    message << "moat: bench: " << ns / nsPerSecond << ".";
    for (uint64_t unit = nsPerSecond / 10; unit; unit /= 10)
      message << ns / unit % 10;
    message << " s\n";
  }
  message.write();
}

/// --provide-bench=quiet: both.
void moat_bench_nothing(abi::Instance *instance) {}
}
