// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Throwing and landing, for each processor. A member of its own, so that only
// programs with exceptions have it. Register numbers are DWARF's; offsets as in
// moat_trap.

#include "Arch/Throw.h"
#include "Arch/LeaveGuest.h"

namespace moat::rt {

#if defined(__x86_64__)

static_assert(offsetof(Registers, pc) == 17 * 8);

// moat_throw_exception(rdi: exception), moat_land(rdi: registers, rsi:
// exception).
asm(R"(
        .section .text.moat_throw_exception,"ax",@progbits
        .globl  moat_throw_exception
        .type   moat_throw_exception,@function
        .p2align 4
moat_throw_exception:
        .cfi_startproc
)" MOAT_LEAVE_GUEST R"(
        movq    %rdi, %rsi
        movq    %rax, %rdi
        callq   moat_on_throw
1:      andq    $-16, %rsp
        callq   moat_on_stray_throw
        ud2
        .cfi_endproc
        .size   moat_throw_exception, .-moat_throw_exception

        .section .text.moat_land,"ax",@progbits
        .globl  moat_land
        .hidden moat_land
        .type   moat_land,@function
        .p2align 4
moat_land:
        .cfi_startproc
        .cfi_undefined %rip
        movq    3*8(%rdi), %rbx
        movq    6*8(%rdi), %rbp
        movq    12*8(%rdi), %r12
        movq    13*8(%rdi), %r13
        movq    14*8(%rdi), %r14
        movq    15*8(%rdi), %r15
        movq    7*8(%rdi), %rsp
        movq    %rsi, %rax
        xorl    %edx, %edx
        jmpq    *17*8(%rdi)
        .cfi_endproc
        .size   moat_land, .-moat_land
        .text
)");

// moat_raise(rdi: registers, rsi: header, rdx: raise). What an unwinder is told
// of the caller: its stack pointer and its registers are where rbx points to.
// "Signal frame" means that the pc is the place itself, no return address. The
// operands of rows 12 and above are two bytes of LEB128 (96 is 0x60, which
// alone would be negative).
asm(R"(
        .section .text.moat_raise,"ax",@progbits
        .globl  moat_raise
        .hidden moat_raise
        .type   moat_raise,@function
        .p2align 4
moat_raise:
        .cfi_startproc
        .cfi_signal_frame
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        movq    %rdi, %rbx
        movq    %rsi, %rdi
        .cfi_remember_state
        .cfi_escape 0x0f, 3, 0x73, 7*8, 0x06            # CFA: the value at rbx + 56
        .cfi_escape 0x10, 3, 2, 0x73, 3*8               # rbx: at rbx + 24
        .cfi_escape 0x10, 6, 2, 0x73, 6*8               # rbp
        .cfi_escape 0x10, 12, 3, 0x73, 0x80+12*8, 0     # r12 to r15
        .cfi_escape 0x10, 13, 3, 0x73, 0x80+13*8, 0
        .cfi_escape 0x10, 14, 3, 0x73, 0x80+14*8, 0
        .cfi_escape 0x10, 15, 3, 0x73, 0x80+15*8, 0
        .cfi_escape 0x10, 16, 3, 0x73, 17*8, 1          # the pc
        callq   *%rdx
        .cfi_restore_state
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        retq
        .cfi_endproc
        .size   moat_raise, .-moat_raise
        .text
)");

#elif defined(__aarch64__)

static_assert(offsetof(Registers, pc) == 33 * 8);

// moat_throw_exception(x0: exception), moat_land(x0: registers, x1: exception).
// Of d8 to d15, which callees save, too, compiled code of this processor needs
// rows in Registers before it can land.
asm(R"(
        .section .text.moat_throw_exception,"ax",@progbits
        .globl  moat_throw_exception
        .type   moat_throw_exception,@function
        .p2align 4
moat_throw_exception:
        .cfi_startproc
)" MOAT_LEAVE_GUEST R"(
        mov     x1, x0
        mov     x0, x9
        bl      moat_on_throw
1:      bl      moat_on_stray_throw
        brk     #0
        .cfi_endproc
        .size   moat_throw_exception, .-moat_throw_exception

        .section .text.moat_land,"ax",@progbits
        .globl  moat_land
        .hidden moat_land
        .type   moat_land,@function
        .p2align 4
moat_land:
        .cfi_startproc
        .cfi_undefined x30
        ldp     x19, x20, [x0, #19*8]
        ldp     x21, x22, [x0, #21*8]
        ldp     x23, x24, [x0, #23*8]
        ldp     x25, x26, [x0, #25*8]
        ldp     x27, x28, [x0, #27*8]
        ldp     x29, x30, [x0, #29*8]
        ldr     x9, [x0, #31*8]
        mov     sp, x9
        ldr     x9, [x0, #33*8]
        mov     x0, x1
        mov     x1, xzr
        br      x9
        .cfi_endproc
        .size   moat_land, .-moat_land
        .text
)");

// moat_raise(x0: registers, x1: header, x2: raise): as above; x19 points to the
// registers, and the pc takes the place of the return address, x30.
asm(R"(
        .section .text.moat_raise,"ax",@progbits
        .globl  moat_raise
        .hidden moat_raise
        .type   moat_raise,@function
        .p2align 4
moat_raise:
        .cfi_startproc
        .cfi_signal_frame
        stp     x19, x30, [sp, #-16]!
        .cfi_adjust_cfa_offset 16
        .cfi_rel_offset x19, 0
        .cfi_rel_offset x30, 8
        mov     x19, x0
        mov     x0, x1
        .cfi_remember_state
        .cfi_escape 0x0f, 4, 0x83, 31*8, 1, 0x06
        .cfi_escape 0x10, 19, 3, 0x83, 19*8, 1
        .cfi_escape 0x10, 20, 3, 0x83, 20*8, 1
        .cfi_escape 0x10, 21, 3, 0x83, 21*8, 1
        .cfi_escape 0x10, 22, 3, 0x83, 22*8, 1
        .cfi_escape 0x10, 23, 3, 0x83, 23*8, 1
        .cfi_escape 0x10, 24, 3, 0x83, 24*8, 1
        .cfi_escape 0x10, 25, 3, 0x83, 25*8, 1
        .cfi_escape 0x10, 26, 3, 0x83, 26*8, 1
        .cfi_escape 0x10, 27, 3, 0x83, 27*8, 1
        .cfi_escape 0x10, 28, 3, 0x83, 28*8, 1
        .cfi_escape 0x10, 29, 3, 0x83, 29*8, 1
        .cfi_escape 0x10, 30, 3, 0x83, 0x88, 2
        blr     x2
        .cfi_restore_state
        ldp     x19, x30, [sp], #16
        .cfi_adjust_cfa_offset -16
        .cfi_restore x19
        .cfi_restore x30
        ret
        .cfi_endproc
        .size   moat_raise, .-moat_raise
        .text
)");

#endif

} // namespace moat::rt
