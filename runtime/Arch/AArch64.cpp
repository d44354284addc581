// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// AArch64 under the AAPCS64: x19 to x29 and d8 to d15 are callee-saved, the
// return address is in x30.

#if defined(__aarch64__)

#include "Arch/Arch.h"
#include "Arch/LeaveGuest.h"
#include "Trap.h"
#include <ucontext.h>

namespace moat::rt {

static_assert(offsetof(Activation, registers) + offsetof(Registers, pc) == 280);

// moat_enter_activation(x0: activation, x1: body, x2: argument, x3: stack or 0,
// x4: second argument)
//
// Until the stack changes, unwinding works as in any function; from then on the
// return address is undefined, which tells unwinders and debuggers that the
// stack ends here.
asm(R"(
        .section .text.moat_enter_activation,"ax",@progbits
        .globl  moat_enter_activation
        .hidden moat_enter_activation
        .type   moat_enter_activation,@function
        .p2align 4
moat_enter_activation:
        .cfi_startproc
        .cfi_personality 0x9b, .Lactivation_personality
        stp     x29, x30, [sp, #-160]!
        .cfi_def_cfa_offset 160
        .cfi_offset x29, -160
        .cfi_offset x30, -152
        stp     x19, x20, [sp, #16]
        .cfi_offset x19, -144
        .cfi_offset x20, -136
        stp     x21, x22, [sp, #32]
        .cfi_offset x21, -128
        .cfi_offset x22, -120
        stp     x23, x24, [sp, #48]
        .cfi_offset x23, -112
        .cfi_offset x24, -104
        stp     x25, x26, [sp, #64]
        .cfi_offset x25, -96
        .cfi_offset x26, -88
        stp     x27, x28, [sp, #80]
        .cfi_offset x27, -80
        .cfi_offset x28, -72
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mov     x29, sp
        mov     x9, sp
        str     x9, [x0]                // resumeSp
        mov     x19, x0
        cbz     x3, 1f
        .cfi_remember_state
        .cfi_undefined x30
        str     x9, [x0, #8]            // hostSp
        mov     sp, x3
1:      mov     x9, x1
        mov     x0, x2
        mov     x1, x4
        blr     x9
        ldr     x9, [x19]
        mov     sp, x9
        .cfi_restore_state
        mov     w0, #0
2:      ldp     d14, d15, [sp, #144]
        ldp     d12, d13, [sp, #128]
        ldp     d10, d11, [sp, #112]
        ldp     d8, d9, [sp, #96]
        ldp     x27, x28, [sp, #80]
        ldp     x25, x26, [sp, #64]
        ldp     x23, x24, [sp, #48]
        ldp     x21, x22, [sp, #32]
        ldp     x19, x20, [sp, #16]
        ldp     x29, x30, [sp], #160
        ret
        .cfi_endproc
        .size   moat_enter_activation, .-moat_enter_activation

        .globl  moat_leave_activation
        .hidden moat_leave_activation
        .type   moat_leave_activation,@function
        .p2align 4
moat_leave_activation:
        .cfi_startproc
        .cfi_undefined x30
        ldr     x9, [x0]
        mov     sp, x9
        mov     w0, #1
        b       2b
        .cfi_endproc
        .size   moat_leave_activation, .-moat_leave_activation

        // What it is in host programs; null in executables.
        .weak   moat_activation_personality
        .hidden moat_activation_personality
        .section .data.rel.ro.moat_activation_personality,"aw",@progbits
        .p2align 3
.Lactivation_personality:
        .quad   moat_activation_personality
        .text
)");

// moat_trap(w0: kind), called by compiled code at any depth of its stack: see
// LeaveGuest.h.
asm(R"(
        .section .text.moat_trap,"ax",@progbits
        .globl  moat_trap
        .type   moat_trap,@function
        .p2align 4
moat_trap:
        .cfi_startproc
)" MOAT_LEAVE_GUEST R"(
        mov     w1, w0
        mov     x0, x9
        bl      moat_on_trap
1:      bl      moat_on_stray_trap
        brk     #1
        .cfi_endproc
        .size   moat_trap, .-moat_trap
        .text
)");

// They leave by a jump, so that a backtrace shows the caller alone.
#define MOAT_TRAP_WITH(kind) asm("mov w0, %0\n\tb moat_trap" : : "i"(kind))

extern "C" [[gnu::naked]] void moat_trap_null_element(uint32_t) {
  MOAT_TRAP_WITH(Trap::UninitializedElement);
}

extern "C" [[gnu::naked]] void moat_trap_call_type(uint32_t) {
  MOAT_TRAP_WITH(Trap::IndirectCallType);
}

void readMachineContext(const void *machineContext, Registers &registers) {
  auto &context = static_cast<const ucontext_t *>(machineContext)->uc_mcontext;
  for (unsigned i = 0; i < 31; ++i)
    registers.value[i] = context.regs[i];
  registers.value[Arch::stackPointer] = context.sp;
  registers.value[Arch::pcRegister] = context.pc;
  registers.pc = context.pc;
}

void redirectMachineContext(void *machineContext,
                            void (*function)(Activation *first,
                                             uint32_t second),
                            uint64_t sp, Activation *first, uint32_t second) {
  auto &context = static_cast<ucontext_t *>(machineContext)->uc_mcontext;
  context.sp = sp & ~uint64_t(15);
  context.pc = reinterpret_cast<uint64_t>(function);
  context.regs[0] = reinterpret_cast<uint64_t>(first);
  context.regs[1] = second;
}

} // namespace moat::rt

#endif
