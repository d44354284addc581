// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Benchmark: an interpreter of a small bytecode, which counts primes with a
// sieve. One loop around a switch: indirect branches, a stack in memory, and a
// large live state.

#include <stdio.h>
#include <stdlib.h>

enum Opcode {
  Push,
  Load,
  Store,
  Add,
  Multiply,
  Less,
  Peek,
  Poke,
  Jump,
  JumpIfZero,
  Print,
  Halt
};

enum { limit = 4000000, rounds = 2 };

// Variables: 0 count, 1 number, 2 multiple, 3 round.
// clang-format off: an instruction's place says where the jumps go.
static const int program[] = {
    /*  0 */ Push, 0, Store, 0, Push, 2, Store, 1,
    /*  8 */ Load, 1, Push, limit, Less, JumpIfZero, 54,
    /* 15 */ Load, 1, Peek, Push, 1, Less, JumpIfZero, 45,
    /* 23 */ Load, 0, Push, 1, Add, Store, 0, Load, 1, Store, 2,
    /* 34 */ Load, 2, Push, limit, Less, JumpIfZero, 45,
    /* 41 */ Jump, 65, Halt, Halt,
    /* 45 */ Load, 1, Push, 1, Add, Store, 1, Jump, 8,
    /* 54 */ Load, 0, Print, Load, 3, Push, 1, Add, Store, 3, Halt,
    /* 65 */ Push, 1, Load, 2, Poke, Load, 2, Load, 1, Add, Store, 2, Jump, 34};
// clang-format on

static unsigned char sieve[limit];
static int variables[8];

static unsigned long long interpret(const int *code) {
  int stack[64], top = -1;
  unsigned long long steps = 0;
  for (const int *at = code;; ++steps) {
    switch ((enum Opcode) * at++) {
    case Push:
      stack[++top] = *at++;
      break;
    case Load:
      stack[++top] = variables[*at++];
      break;
    case Store:
      variables[*at++] = stack[top--];
      break;
    case Add:
      stack[top - 1] += stack[top];
      --top;
      break;
    case Multiply:
      stack[top - 1] *= stack[top];
      --top;
      break;
    case Less:
      stack[top - 1] = stack[top - 1] < stack[top];
      --top;
      break;
    case Peek:
      stack[top] = sieve[stack[top]];
      break;
    case Poke:
      sieve[stack[top]] = (unsigned char)stack[top - 1];
      top -= 2;
      break;
    case Jump:
      at = code + *at;
      break;
    case JumpIfZero:
      at = stack[top--] ? at + 1 : code + *at;
      break;
    case Print:
      printf("%d\n", stack[top--]);
      break;
    case Halt:
      return steps;
    default:
      abort();
    }
  }
}

int main(void) {
  unsigned long long steps = 0;
  for (int i = 0; i < rounds; ++i) {
    for (int j = 0; j < limit; ++j)
      sieve[j] = 0;
    steps += interpret(program);
  }
  printf("%llu steps\n", steps);
  return 0;
}
