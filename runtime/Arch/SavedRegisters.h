// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What moat_leave_activation finds at Activation::resumeSp on x86-64: each
// routine that begins an activation which can be left stores it in this way.

#pragma once

/// 56 bytes; the stack is aligned to 16 bytes at calls.
#define MOAT_SAVE_REGISTERS                                                    \
  "        pushq   %rbp\n"                                                     \
  "        .cfi_adjust_cfa_offset 8\n"                                         \
  "        .cfi_rel_offset %rbp, 0\n"                                          \
  "        pushq   %rbx\n"                                                     \
  "        .cfi_adjust_cfa_offset 8\n"                                         \
  "        .cfi_rel_offset %rbx, 0\n"                                          \
  "        pushq   %r12\n"                                                     \
  "        .cfi_adjust_cfa_offset 8\n"                                         \
  "        .cfi_rel_offset %r12, 0\n"                                          \
  "        pushq   %r13\n"                                                     \
  "        .cfi_adjust_cfa_offset 8\n"                                         \
  "        .cfi_rel_offset %r13, 0\n"                                          \
  "        pushq   %r14\n"                                                     \
  "        .cfi_adjust_cfa_offset 8\n"                                         \
  "        .cfi_rel_offset %r14, 0\n"                                          \
  "        pushq   %r15\n"                                                     \
  "        .cfi_adjust_cfa_offset 8\n"                                         \
  "        .cfi_rel_offset %r15, 0\n"                                          \
  "        subq    $8, %rsp\n"                                                 \
  "        .cfi_adjust_cfa_offset 8\n"

/// For unwinders, where all of it is off the stack again.
#define MOAT_FORGET_REGISTERS                                                  \
  "        .cfi_adjust_cfa_offset -56\n"                                       \
  "        .cfi_restore %rbx\n"                                                \
  "        .cfi_restore %rbp\n"                                                \
  "        .cfi_restore %r12\n"                                                \
  "        .cfi_restore %r13\n"                                                \
  "        .cfi_restore %r14\n"                                                \
  "        .cfi_restore %r15\n"
