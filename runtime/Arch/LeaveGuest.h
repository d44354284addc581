// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// How compiled code is left for good: what moat_trap and moat_throw_exception
// begin with. Goes to the label 1 in front where there is no activation; else
// saves in it what the unwinder needs, and changes to hostSp. Register numbers
// are DWARF's. The return address lies in the function that is left, or just
// past its end: one less is in it.

#pragma once

#if defined(__x86_64__)

// rax becomes the activation; rdi stays.
#define MOAT_LEAVE_GUEST                                                       \
  "movq    moat_activation@gottpoff(%rip), %rax\n"                             \
  "movq    %fs:(%rax), %rax\n"                                                 \
  "testq   %rax, %rax\n"                                                       \
  "jz      1f\n"                                                               \
  "movq    %rbx, 16+3*8(%rax)\n"                                               \
  "movq    %rbp, 16+6*8(%rax)\n"                                               \
  "leaq    8(%rsp), %rcx\n"                                                    \
  "movq    %rcx, 16+7*8(%rax)\n"                                               \
  "movq    %r12, 16+12*8(%rax)\n"                                              \
  "movq    %r13, 16+13*8(%rax)\n"                                              \
  "movq    %r14, 16+14*8(%rax)\n"                                              \
  "movq    %r15, 16+15*8(%rax)\n"                                              \
  "movq    (%rsp), %rcx\n"                                                     \
  "decq    %rcx\n"                                                             \
  "movq    %rcx, 152(%rax)\n"                                                  \
  ".cfi_undefined %rip\n"                                                      \
  "movq    8(%rax), %rsp\n"

#elif defined(__aarch64__)

// x9 becomes the activation; x0 stays.
#define MOAT_LEAVE_GUEST                                                       \
  "adrp    x9, :gottprel:moat_activation\n"                                    \
  "ldr     x9, [x9, :gottprel_lo12:moat_activation]\n"                         \
  "mrs     x10, tpidr_el0\n"                                                   \
  "ldr     x9, [x10, x9]\n"                                                    \
  "cbz     x9, 1f\n"                                                           \
  "stp     x19, x20, [x9, #16+19*8]\n"                                         \
  "stp     x21, x22, [x9, #16+21*8]\n"                                         \
  "stp     x23, x24, [x9, #16+23*8]\n"                                         \
  "stp     x25, x26, [x9, #16+25*8]\n"                                         \
  "stp     x27, x28, [x9, #16+27*8]\n"                                         \
  "stp     x29, x30, [x9, #16+29*8]\n"                                         \
  "mov     x10, sp\n"                                                          \
  "str     x10, [x9, #16+31*8]\n"                                              \
  "sub     x10, x30, #1\n"                                                     \
  "str     x10, [x9, #280]\n"                                                  \
  ".cfi_undefined x30\n"                                                       \
  "ldr     x10, [x9, #8]\n"                                                    \
  "mov     sp, x10\n"

#endif
