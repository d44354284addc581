// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: expressions of a small language, read by recursive descent,
// compiled to code of a stack machine with calls, and run through a table of
// functions: indirect calls, recursion, and parsing.

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Machine Machine;
typedef void Instruction(Machine *machine, int32_t operand);

typedef struct {
  Instruction *run;
  int32_t operand;
} Code;

struct Machine {
  Code code[512];
  int codeSize, at, top, callTop;
  int64_t stack[4096];
  struct {
    int returnTo;
    int64_t argument;
  } calls[1024];
  int functions[26];
};

static void push(Machine *m, int32_t value) { m->stack[m->top++] = value; }
static void argument(Machine *m, int32_t unused) {
  m->stack[m->top++] = m->calls[m->callTop].argument;
}
#define BINARY(name, expression)                                               \
  static void name(Machine *m, int32_t unused) {                               \
    int64_t b = m->stack[--m->top], a = m->stack[m->top - 1];                  \
    m->stack[m->top - 1] = expression;                                         \
  }
BINARY(add, a + b)
BINARY(subtract, a - b)
BINARY(multiply, a *b)
BINARY(divide, b ? a / b : 0)
BINARY(remainderOf, b ? a % b : 0)
BINARY(less, a < b)
BINARY(equal, a == b)
static void jump(Machine *m, int32_t to) { m->at = to; }
static void jumpIfZero(Machine *m, int32_t to) {
  if (m->stack[--m->top] == 0)
    m->at = to;
}
static void call(Machine *m, int32_t function) {
  if (++m->callTop == 1024)
    abort();
  m->calls[m->callTop].returnTo = m->at;
  m->calls[m->callTop].argument = m->stack[--m->top];
  m->at = m->functions[function];
}
static void leave(Machine *m, int32_t unused) {
  m->at = m->calls[m->callTop--].returnTo;
}
static void stop(Machine *m, int32_t unused) { m->at = -1; }

static Machine machine;
static const char *text;

static int emit(Instruction *run, int32_t operand) {
  machine.code[machine.codeSize] = (Code){run, operand};
  return machine.codeSize++;
}

static int take(char c) {
  while (isspace((unsigned char)*text))
    ++text;
  return *text == c ? (++text, 1) : 0;
}

static void expression(void);

/// A number, the argument `x`, a call `f(…)`, or parentheses.
static void primary(void) {
  if (take('(')) {
    expression();
    take(')');
  } else if (isdigit((unsigned char)*text)) {
    int32_t value = 0;
    while (isdigit((unsigned char)*text))
      value = value * 10 + (*text++ - '0');
    emit(push, value);
  } else if (take('x')) {
    emit(argument, 0);
  } else {
    int32_t function = *text++ - 'a';
    take('(');
    expression();
    take(')');
    emit(call, function);
  }
}

static void product(void) {
  primary();
  for (;;) {
    Instruction *run = take('*')   ? multiply
                       : take('/') ? divide
                       : take('%') ? remainderOf
                                   : NULL;
    if (!run)
      return;
    primary();
    emit(run, 0);
  }
}

static void sum(void) {
  product();
  for (;;) {
    Instruction *run = take('+') ? add : take('-') ? subtract : NULL;
    if (!run)
      return;
    product();
    emit(run, 0);
  }
}

/// A sum, a comparison, or `condition ? a : b`.
static void expression(void) {
  sum();
  Instruction *run = take('<') ? less : take('=') ? equal : NULL;
  if (run) {
    sum();
    emit(run, 0);
  }
  if (!take('?'))
    return;
  int skip = emit(jumpIfZero, 0);
  expression();
  take(':');
  int end = emit(jump, 0);
  machine.code[skip].operand = machine.codeSize;
  expression();
  machine.code[end].operand = machine.codeSize;
}

/// `f = expression; g = expression; …`
static void program(const char *source) {
  text = source;
  machine.codeSize = 0;
  while (take(' '), *text) {
    int32_t function = *text++ - 'a';
    take('=');
    machine.functions[function] = machine.codeSize;
    expression();
    emit(leave, 0);
    take(';');
  }
}

static int64_t run(int32_t function, int64_t value) {
  int start = emit(call, function);
  emit(stop, 0);
  machine.top = machine.callTop = 0;
  machine.stack[machine.top++] = value;
  for (machine.at = start; machine.at >= 0;) {
    const Code *code = &machine.code[machine.at++];
    code->run(&machine, code->operand);
  }
  return machine.stack[0];
}

int main(void) {
  static const char source[] = "f = x < 2 ? x : f(x - 1) + f(x - 2);"
                               "c = x = 1 ? 0 : x % 2 = 0 ? 1 + c(x / 2)"
                               "    : 1 + c(3 * x + 1);"
                               "s = x = 0 ? 0 : c(x) + s(x - 1);";
  int64_t total = 0;
  for (int i = 0; i < 2000; ++i)
    program(source);
  int size = machine.codeSize;
  total += run('f' - 'a', 31);
  for (int i = 1; i <= 150; ++i) {
    machine.codeSize = size;
    total += run('s' - 'a', 100 + i * 5);
  }
  printf("%d instructions, %lld\n", size, (long long)total);
  return 0;
}
