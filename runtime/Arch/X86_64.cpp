// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// x86-64 under the System V psABI: rbx, rbp and r12 to r15 are callee-saved.

#if defined(__x86_64__)

#include "Arch/Arch.h"
#include "Arch/LeaveGuest.h"
#include "Arch/SavedRegisters.h"
#include "Trap.h"
#include <ucontext.h>

namespace moat::rt {

static_assert(offsetof(Activation, registers) + offsetof(Registers, pc) == 152);

// moat_enter_activation(rdi: activation, rsi: body, rdx: argument, rcx: stack
// or 0, r8: second argument)
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
        .cfi_personality 0x9b, moat_activation_personality_pointer
)" MOAT_SAVE_REGISTERS R"(
        movq    %rsp, 0(%rdi)           # resumeSp
        movq    %rsp, %rbx
        testq   %rcx, %rcx
        jz      1f
        .cfi_remember_state
        .cfi_undefined %rip
        movq    %rsp, 8(%rdi)           # hostSp
        movq    %rcx, %rsp
1:      movq    %rsi, %rax
        movq    %rdx, %rdi
        movq    %r8, %rsi
        callq   *%rax
        movq    %rbx, %rsp
        .cfi_restore_state
        xorl    %eax, %eax
        movq    40(%rsp), %rbx          # the others were not changed
        addq    $56, %rsp
        .cfi_remember_state
)" MOAT_FORGET_REGISTERS R"(
        retq

2:      .cfi_restore_state
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r15
        popq    %r14
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r14
        popq    %r13
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r13
        popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbp
        retq
        .cfi_endproc

        .globl  moat_leave_activation
        .hidden moat_leave_activation
        .type   moat_leave_activation,@function
        .p2align 4
moat_leave_activation:
        .cfi_startproc
        .cfi_undefined %rip
        movq    0(%rdi), %rsp
        movl    $1, %eax
        jmp     2b
        .cfi_endproc
        .size   moat_enter_activation, .-moat_enter_activation

        # What it is in host programs; null in executables.
        .weak   moat_activation_personality
        .hidden moat_activation_personality
        .section .data.rel.ro.moat_activation_personality,"aw",@progbits
        .p2align 3
        .globl  moat_activation_personality_pointer
        .hidden moat_activation_personality_pointer
moat_activation_personality_pointer:
        .quad   moat_activation_personality
        .text
)");

// moat_trap(edi: kind), called by compiled code at any depth of its stack:
// see LeaveGuest.h.
asm(R"(
        .section .text.moat_trap,"ax",@progbits
        .globl  moat_trap
        .type   moat_trap,@function
        .p2align 4
moat_trap:
        .cfi_startproc
)" MOAT_LEAVE_GUEST R"(
        movl    %edi, %esi
        movq    %rax, %rdi
        callq   moat_on_trap
1:      andq    $-16, %rsp
        callq   moat_on_stray_trap
        ud2
        .cfi_endproc
        .size   moat_trap, .-moat_trap
        .text
)");

// The order of gregs in <ucontext.h>, by DWARF number.
static constexpr int gregOfDwarf[16] = {
    REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

// They leave by a jump, so that a backtrace shows the caller alone.
#define MOAT_TRAP_WITH(kind)                                                   \
  asm("movl %0, %%edi\n\tjmp moat_trap" : : "i"(kind))

extern "C" [[gnu::naked]] void moat_trap_null_element(uint32_t) {
  MOAT_TRAP_WITH(Trap::UninitializedElement);
}

extern "C" [[gnu::naked]] void moat_trap_call_type(uint32_t) {
  MOAT_TRAP_WITH(Trap::IndirectCallType);
}

void readMachineContext(const void *machineContext, Registers &registers) {
  auto &gregs =
      static_cast<const ucontext_t *>(machineContext)->uc_mcontext.gregs;
  for (unsigned i = 0; i < 16; ++i)
    registers.value[i] = static_cast<uint64_t>(gregs[gregOfDwarf[i]]);
  registers.pc = static_cast<uint64_t>(gregs[REG_RIP]);
  registers.value[Arch::returnAddress] = registers.pc;
}

void redirectMachineContext(void *machineContext,
                            void (*function)(Activation *first,
                                             uint32_t second),
                            uint64_t sp, Activation *first, uint32_t second) {
  auto &gregs = static_cast<ucontext_t *>(machineContext)->uc_mcontext.gregs;
  // As after a call: the return address, which is never used, lies at the
  // stack's end.
  gregs[REG_RSP] = static_cast<greg_t>((sp & ~uint64_t(15)) - 8);
  gregs[REG_RIP] = reinterpret_cast<greg_t>(function);
  gregs[REG_RDI] = reinterpret_cast<greg_t>(first);
  gregs[REG_RSI] = second;
  gregs[REG_EFL] &= ~greg_t(0x40400); // direction and alignment check flags
}

} // namespace moat::rt

#endif
