// A small stack machine with a dispatch loop (br_table), calls through a table of functions,
// and a recursive-descent parser for what it runs.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0 && %t.0 > %t.0.out
// RUN: moat %t.wasm -o %t.2 && %t.2 > %t.2.out
// RUN: %clang-host -O2 %s -o %t.native && %t.native > %t.expected
// RUN: diff %t.expected %t.0.out
// RUN: diff %t.expected %t.2.out

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum Op { Push, Load, Store, Add, Sub, Mul, Div, Less, Equal, Jump, JumpIfZero, Call, Print, Halt };
static int code[4096], size;
static int64_t variables[26];
static const char *position;

static void emit(int op) { code[size++] = op; }

static void skip(void) {
  while (isspace((unsigned char)*position))
    ++position;
}
static int accept(const char *word) {
  skip();
  size_t length = strlen(word);
  if (strncmp(position, word, length) != 0)
    return 0;
  position += length;
  return 1;
}

static int64_t twice(int64_t x) { return 2 * x; }
static int64_t square(int64_t x) { return x * x; }
static int64_t digits(int64_t x) { return x < 10 ? 1 : 1 + digits(x / 10); }
static const struct {
  const char *name;
  int64_t (*function)(int64_t);
} functions[] = {{"twice", twice}, {"square", square}, {"digits", digits}};

static void expression(void);

static void primary(void) {
  skip();
  if (isdigit((unsigned char)*position)) {
    emit(Push);
    emit(strtol(position, (char **)&position, 10));
    return;
  }
  if (accept("(")) {
    expression();
    accept(")");
    return;
  }
  for (unsigned i = 0; i < 3; ++i)
    if (accept(functions[i].name)) {
      primary();
      emit(Call);
      emit(i);
      return;
    }
  emit(Load);
  emit(*position++ - 'a');
}

static void term(void) {
  primary();
  for (;;) {
    int op = accept("*") ? Mul : accept("/") ? Div : -1;
    if (op < 0)
      return;
    primary();
    emit(op);
  }
}

static void sum(void) {
  term();
  for (;;) {
    int op = accept("+") ? Add : accept("-") ? Sub : -1;
    if (op < 0)
      return;
    term();
    emit(op);
  }
}

static void expression(void) {
  sum();
  int op = accept("<") ? Less : accept("==") ? Equal : -1;
  if (op < 0)
    return;
  sum();
  emit(op);
}

static void statement(void) {
  if (accept("{")) {
    while (!accept("}"))
      statement();
  } else if (accept("while")) {
    int begin = size;
    expression();
    emit(JumpIfZero);
    int hole = size++;
    statement();
    emit(Jump);
    emit(begin);
    code[hole] = size;
  } else if (accept("if")) {
    expression();
    emit(JumpIfZero);
    int hole = size++;
    statement();
    code[hole] = size;
  } else if (accept("print")) {
    expression();
    accept(";");
    emit(Print);
  } else {
    skip();
    int variable = *position++ - 'a';
    accept("=");
    expression();
    accept(";");
    emit(Store);
    emit(variable);
  }
}

static int64_t run(void) {
  int64_t stack[64], steps = 0;
  int top = 0, pc = 0;
  for (;; ++steps) {
    switch (code[pc++]) {
    case Push: stack[top++] = code[pc++]; break;
    case Load: stack[top++] = variables[code[pc++]]; break;
    case Store: variables[code[pc++]] = stack[--top]; break;
    case Add: --top; stack[top - 1] += stack[top]; break;
    case Sub: --top; stack[top - 1] -= stack[top]; break;
    case Mul: --top; stack[top - 1] *= stack[top]; break;
    case Div: --top; stack[top - 1] /= stack[top]; break;
    case Less: --top; stack[top - 1] = stack[top - 1] < stack[top]; break;
    case Equal: --top; stack[top - 1] = stack[top - 1] == stack[top]; break;
    case Jump: pc = code[pc]; break;
    case JumpIfZero: pc = stack[--top] ? pc + 1 : code[pc]; break;
    case Call: stack[top - 1] = functions[code[pc++]].function(stack[top - 1]); break;
    case Print: printf("%lld\n", (long long)stack[--top]); break;
    case Halt: return steps;
    }
  }
}

int main(void) {
  position = "n = 2; while n < 60 { p = 1; d = 2;"
             "  while d * d < n + 1 { if (n / d) * d == n { p = 0; } d = d + 1; }"
             "  if p { print n; } n = n + 1; }"
             "a = 0; b = 1; i = 0; while i < 40 { c = a + b; a = b; b = c; i = i + 1; }"
             "print a; print digits(a); print square(twice(5) - 3);"
             "i = 0; s = 0; while i < 20000 { s = s + i * i - (i / 3); i = i + 1; } print s / 1000;";
  while (skip(), *position)
    statement();
  emit(Halt);
  printf("%lld steps\n", (long long)run());
}
