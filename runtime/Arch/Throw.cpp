// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Throwing and landing, for each processor. A member of its own, so that only
// programs with exceptions have it. Register numbers are DWARF's; offsets as in
// moat_trap.

#include "Arch/Throw.h"

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
        movq    moat_activation@gottpoff(%rip), %rax
        movq    %fs:(%rax), %rax
        testq   %rax, %rax
        jz      1f
        movq    %rbx, 16+3*8(%rax)
        movq    %rbp, 16+6*8(%rax)
        leaq    8(%rsp), %rcx
        movq    %rcx, 16+7*8(%rax)
        movq    %r12, 16+12*8(%rax)
        movq    %r13, 16+13*8(%rax)
        movq    %r14, 16+14*8(%rax)
        movq    %r15, 16+15*8(%rax)
        movq    (%rsp), %rcx            # the return address lies in the throwing function,
        decq    %rcx                    # or just past its end: one less is in it
        movq    %rcx, 152(%rax)
        .cfi_undefined %rip
        movq    8(%rax), %rsp
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
        adrp    x9, :gottprel:moat_activation
        ldr     x9, [x9, :gottprel_lo12:moat_activation]
        mrs     x10, tpidr_el0
        ldr     x9, [x10, x9]
        cbz     x9, 1f
        stp     x19, x20, [x9, #16+19*8]
        stp     x21, x22, [x9, #16+21*8]
        stp     x23, x24, [x9, #16+23*8]
        stp     x25, x26, [x9, #16+25*8]
        stp     x27, x28, [x9, #16+27*8]
        stp     x29, x30, [x9, #16+29*8]
        mov     x10, sp
        str     x10, [x9, #16+31*8]
        sub     x10, x30, #1
        str     x10, [x9, #280]
        .cfi_undefined x30
        ldr     x10, [x9, #8]
        mov     sp, x10
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

#endif

} // namespace moat::rt
