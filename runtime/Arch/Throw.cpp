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

#endif

} // namespace moat::rt
