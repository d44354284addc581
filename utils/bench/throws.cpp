// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: C++ exceptions. The argument names a part:
//
//   parse   evaluates expressions, of which one in eight is wrong: the parser
//           throws from some frames down, with destructors on the way
//   deep    throws through 100 frames, every other one with a destructor
//   quiet   the same calls, and nothing is thrown: what try blocks cost then
//
// WebAssembly's side needs no library: what is thrown is caught by catch (...),
// so a few lines stand for the language's.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __wasm__
static char thrown[16];
asm(".tagtype __cpp_exception i32\n"
    ".globl __cpp_exception\n"
    "__cpp_exception:\n");
extern "C" void *__cxa_begin_catch(void *object) { return object; }
extern "C" void __cxa_end_catch() {}
[[noreturn]] static void raise(int value) {
  memcpy(thrown, &value, sizeof(value));
  __builtin_wasm_throw(0, thrown);
}
namespace std {
[[noreturn]] void terminate() noexcept { __builtin_trap(); }
} // namespace std
#else
[[noreturn]] static void raise(int value) { throw value; }
#endif

static int alive;

/// Something to be destroyed on the way out.
struct Guard {
  Guard() { ++alive; }
  ~Guard() { --alive; }
};

namespace {

/// sum = product {("+" | "-") product}; product = atom {"*" atom};
/// atom = number | "(" sum ")".
class Parser {
public:
  explicit Parser(const char *text) : at(text) {}

  int run() {
    int value = sum();
    if (*at)
      raise(1);
    return value;
  }

private:
  const char *at;

  __attribute__((noinline)) int sum() {
    Guard guard;
    int value = product();
    while (*at == '+' || *at == '-')
      value = *at++ == '+' ? value + product() : value - product();
    return value;
  }

  __attribute__((noinline)) int product() {
    int value = atom();
    while (*at == '*') {
      ++at;
      value *= atom();
    }
    return value;
  }

  __attribute__((noinline)) int atom() {
    if (*at == '(') {
      ++at;
      int value = sum();
      if (*at++ != ')')
        raise(2);
      return value;
    }
    if (*at < '0' || *at > '9')
      raise(3);
    int value = 0;
    while (*at >= '0' && *at <= '9')
      value = value * 10 + (*at++ - '0');
    return value;
  }
};

} // namespace

static uint32_t parse() {
  static const char *const texts[8] = {
      "1+2*3",       "(4+5)*(6-7)", "((((8))))*9", "10*(20-(30*(40-50)))",
      "1*2*3*4*5*6", "7-(8-(9-1))", "(2+3)*4-5",   "1+(2*(3+(4*(5-))))"};
  uint32_t result = 0;
  for (int round = 0; round < 300000; ++round)
    for (const char *text : texts) {
      try {
        result = result * 31 + uint32_t(Parser(text).run());
      } catch (...) {
        result = result * 31 + 7;
      }
    }
  return result + uint32_t(alive);
}

__attribute__((noinline)) static uint32_t descend(int depth, int bottom);

__attribute__((noinline)) static uint32_t descendGuarded(int depth,
                                                         int bottom) {
  Guard guard;
  return descend(depth - 1, bottom) + 1;
}

static uint32_t descend(int depth, int bottom) {
  if (depth <= 0) {
    if (bottom)
      raise(bottom);
    return 1;
  }
  return descendGuarded(depth - 1, bottom) * 3;
}

static uint32_t throughFrames(int rounds, int isThrowing) {
  uint32_t result = 0;
  for (int round = 0; round < rounds; ++round) {
    try {
      result += descend(100, isThrowing);
    } catch (...) {
      result += 5;
    }
  }
  return result + uint32_t(alive);
}

int main(int argc, char **argv) {
  const char *part = argc > 1 ? argv[1] : "";
  if (!*part || !strcmp(part, "parse"))
    printf("parse %u\n", unsigned(parse()));
  if (!*part || !strcmp(part, "deep"))
    printf("deep %u\n", unsigned(throughFrames(30000, 1)));
  if (!*part || !strcmp(part, "quiet"))
    printf("quiet %u\n", unsigned(throughFrames(3000000, 0)));
  return 0;
}
