// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// How a row of WasiFunctions.def becomes the C function that compiled code
// calls: the instance, then the parameters; the result is the errno as an i32.
// Weak, so that an object on moat's command line may bring another. The names
// follow the rule at the end of abi/Layout.h.

#pragma once

#include "Functions.h"
#include "Instance.h"
#include "Trace.h"

// Parameters `, I32 p0, I64 p1` and arguments `, p0, p1` for up to 9 types.
#define WASI_COUNT_OF(_1, _2, _3, _4, _5, _6, _7, _8, _9, count, ...) count
#define WASI_COUNT(...)                                                        \
  WASI_COUNT_OF(__VA_ARGS__ __VA_OPT__(, ) 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define WASI_JOIN(a, b) WASI_JOIN_(a, b)
#define WASI_JOIN_(a, b) a##b

#define WASI_PARAMETERS(...)                                                   \
  WASI_JOIN(WASI_PARAMETERS_, WASI_COUNT(__VA_ARGS__))(__VA_ARGS__)
#define WASI_PARAMETERS_0()
#define WASI_PARAMETERS_1(a) , a p0
#define WASI_PARAMETERS_2(a, b) WASI_PARAMETERS_1(a), b p1
#define WASI_PARAMETERS_3(a, b, c) WASI_PARAMETERS_2(a, b), c p2
#define WASI_PARAMETERS_4(a, b, c, d) WASI_PARAMETERS_3(a, b, c), d p3
#define WASI_PARAMETERS_5(a, b, c, d, e) WASI_PARAMETERS_4(a, b, c, d), e p4
#define WASI_PARAMETERS_6(a, b, c, d, e, f)                                    \
  WASI_PARAMETERS_5(a, b, c, d, e), f p5
#define WASI_PARAMETERS_7(a, b, c, d, e, f, g)                                 \
  WASI_PARAMETERS_6(a, b, c, d, e, f), g p6
#define WASI_PARAMETERS_8(a, b, c, d, e, f, g, h)                              \
  WASI_PARAMETERS_7(a, b, c, d, e, f, g), h p7
#define WASI_PARAMETERS_9(a, b, c, d, e, f, g, h, i)                           \
  WASI_PARAMETERS_8(a, b, c, d, e, f, g, h), i p8

#define WASI_ARGUMENTS(...) WASI_JOIN(WASI_ARGUMENTS_, WASI_COUNT(__VA_ARGS__))
#define WASI_ARGUMENTS_0
#define WASI_ARGUMENTS_1 , p0
#define WASI_ARGUMENTS_2 WASI_ARGUMENTS_1, p1
#define WASI_ARGUMENTS_3 WASI_ARGUMENTS_2, p2
#define WASI_ARGUMENTS_4 WASI_ARGUMENTS_3, p3
#define WASI_ARGUMENTS_5 WASI_ARGUMENTS_4, p4
#define WASI_ARGUMENTS_6 WASI_ARGUMENTS_5, p5
#define WASI_ARGUMENTS_7 WASI_ARGUMENTS_6, p6
#define WASI_ARGUMENTS_8 WASI_ARGUMENTS_7, p7
#define WASI_ARGUMENTS_9 WASI_ARGUMENTS_8, p8

/// How tracing prints a call: the row's parameters, `(fd, number)`, are names
/// of Trace.h.
#define WASI_TRACE_LIST(...) {__VA_ARGS__ __VA_OPT__(, ) nullptr}
#define WASI_TRACE_ROW(name, parameters)                                       \
  using namespace trace;                                                       \
  static constexpr Formatter *formatters[] = WASI_TRACE_LIST parameters;       \
  static constexpr Row row = {#name, formatters, std::size(formatters) - 1};

/// The symbol of \p module's function \p name, which calls \p body.
#define WASI_SYMBOL(module, body, name, result, parameters, ...)               \
  WASI_SYMBOL_##result(moat_import_##module##__##name, body, name, parameters, \
                       __VA_ARGS__)
#define WASI_SYMBOL_I32(symbol, body, name, parameters, ...)                   \
  [[gnu::noinline, gnu::cold]] static uint32_t symbol##_traced(                \
      abi::Instance *instance WASI_PARAMETERS(__VA_ARGS__)) {                  \
    WASI_TRACE_ROW(name, parameters)                                           \
    Instance &self = instanceOf(*instance);                                    \
    const uint64_t values[] = {0 WASI_ARGUMENTS(__VA_ARGS__)};                 \
    Errno error = body(self WASI_ARGUMENTS(__VA_ARGS__));                      \
    print(self, row, values + 1, error);                                       \
    return static_cast<uint32_t>(error);                                       \
  }                                                                            \
  extern "C" [[gnu::weak]] uint32_t symbol(                                    \
      abi::Instance *instance WASI_PARAMETERS(__VA_ARGS__)) {                  \
    Instance &self = instanceOf(*instance);                                    \
    if (self.isTraced) [[unlikely]]                                            \
      return symbol##_traced(instance WASI_ARGUMENTS(__VA_ARGS__));            \
    return static_cast<uint32_t>(body(self WASI_ARGUMENTS(__VA_ARGS__)));      \
  }
#define WASI_SYMBOL_None(symbol, body, name, parameters, ...)                  \
  [[gnu::noinline, gnu::cold]] static void symbol##_traced(                    \
      abi::Instance *instance WASI_PARAMETERS(__VA_ARGS__)) {                  \
    WASI_TRACE_ROW(name, parameters)                                           \
    Instance &self = instanceOf(*instance);                                    \
    const uint64_t values[] = {0 WASI_ARGUMENTS(__VA_ARGS__)};                 \
    printLast(self, row, values + 1);                                          \
    body(self WASI_ARGUMENTS(__VA_ARGS__));                                    \
  }                                                                            \
  extern "C" [[gnu::weak]] void symbol(                                        \
      abi::Instance *instance WASI_PARAMETERS(__VA_ARGS__)) {                  \
    Instance &self = instanceOf(*instance);                                    \
    if (self.isTraced) [[unlikely]]                                            \
      return symbol##_traced(instance WASI_ARGUMENTS(__VA_ARGS__));            \
    body(self WASI_ARGUMENTS(__VA_ARGS__));                                    \
  }
