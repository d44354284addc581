// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What protect() and CallScope do, for the case that is frequent: no call is
// running in the domain, so its stack is free from the end on. moat_enter_call
// does not touch the arguments in registers; as what ends it otherwise than by
// returning ends its caller's activation, or the process (endUnprotected), no
// register has to be kept for that.

#include "Arch/Outside.h"
#include "Arch/SavedRegisters.h"
#include "Host/HostThread.h"
#include "Interrupt.h"

namespace moat::rt {

void endUnprotected(Activation *activation) {
  moat_activation = activation->previous;
  CallScope::end(*activation->domain);
  endCaller(*activation->record);
}

#if defined(__x86_64__)

static_assert(offsetof(abi::Instance, context) == 8 &&
              offsetof(abi::Context, runtime) == 8);
static_assert(offsetof(Domain, stack) + offsetof(AddressRange, end) == 8 &&
              offsetof(Domain, callState) == 16 &&
              offsetof(Domain, hasTimeLimit) == 20 &&
              offsetof(Domain, callEnding) == 24 &&
              offsetof(Domain, callThread) == 28 &&
              offsetof(Domain, callTimer) == 32);
static_assert(CallIdle == 0 && CallRunning == 1 &&
              static_cast<uint32_t>(Trap::Interrupted) == 21);
static_assert(offsetof(UnprotectedCall, activation) == 0 &&
              offsetof(Activation, previous) == 160 &&
              offsetof(Activation, domain) == 168 &&
              offsetof(Activation, record) == 176 &&
              offsetof(Activation, isOnHostStack) == 184 &&
              offsetof(Activation, isUnprotected) == 185 &&
              offsetof(UnprotectedCall, record) == 192);
static_assert(sizeof(UnprotectedCall) <= 768 && sizeof(Activation) == 192);
static_assert(static_cast<uint32_t>(IdleEntry::Left) == 1 &&
              static_cast<uint32_t>(IdleEntry::Interrupted) == 2 &&
              static_cast<uint32_t>(IdleEntry::Other) == 3);
static_assert(offsetof(RegisterCall, code) == 48 &&
              offsetof(RegisterCall, vectors) == 64);

// moat_enter_call(r10: code; the code's own arguments, rdi: instance). Only rax
// and r11 are free; rbx keeps the host's stack pointer, as a register is faster
// than a slot of the guest's stack by 2 ns. The return address is undefined
// while the guest runs, as in moat_enter_activation.
//
// callState and hasTimeLimit are cleared in one store because they are tested
// in one load: a load waits long for a store of a part of it.
asm(R"(
        .section .text.moat_enter_call,"ax",@progbits
        .globl  moat_enter_call
        .type   moat_enter_call,@function
        .p2align 4
moat_enter_call:
        .cfi_startproc
        .cfi_personality 0x9b, moat_activation_personality_pointer
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        subq    $768, %rsp
        .cfi_adjust_cfa_offset 768
        movq    8(%rdi), %rax
        movq    8(%rax), %rax           # the domain
        cmpq    $0, 16(%rax)            # callState, hasTimeLimit
        jne     2f
        movq    moat_prepared_thread@gottpoff(%rip), %r11
        movl    %fs:(%r11), %r11d
        testl   %r11d, %r11d
        jz      2f
        movl    %r11d, 28(%rax)         # callThread
        movl    $21, 24(%rax)           # callEnding
        movl    $1, 16(%rax)            # callState, behind all of the above
        movq    %rsp, 0(%rsp)           # resumeSp
        movq    %rsp, 8(%rsp)           # hostSp
        movq    %rax, 168(%rsp)         # domain
        leaq    192(%rsp), %r11
        movq    %r11, 176(%rsp)         # record
        movw    $0x100, 184(%rsp)       # isOnHostStack, isUnprotected
        movq    moat_activation@gottpoff(%rip), %r11
        movq    %fs:(%r11), %rbx
        movq    %rbx, 160(%rsp)         # previous
        movq    %rsp, %fs:(%r11)
        cmpl    $1, 16(%rax)            # a signal was of no use until here
        jne     4f
        movq    %rsp, %rbx
        .cfi_remember_state
        .cfi_undefined %rip
        movq    8(%rax), %rsp           # the end of its stack
        callq   *%r10
        movq    %rbx, %rsp
        .cfi_restore_state
        movq    moat_activation@gottpoff(%rip), %r11
        movq    160(%rsp), %rcx
        movq    %rcx, %fs:(%r11)
        movq    168(%rsp), %rcx
        cmpl    $0, 32(%rcx)            # callTimer
        jne     3f
1:      movq    $0, 16(%rcx)            # callState, hasTimeLimit
        addq    $768, %rsp
        .cfi_adjust_cfa_offset -768
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        retq

2:      .cfi_adjust_cfa_offset 776
        .cfi_rel_offset %rbx, 768
        movq    %rdi, 0(%rsp)
        movq    %rsi, 8(%rsp)
        movq    %rdx, 16(%rsp)
        movq    %rcx, 24(%rsp)
        movq    %r8, 32(%rsp)
        movq    %r9, 40(%rsp)
        movq    %r10, 48(%rsp)
        movaps  %xmm0, 64(%rsp)
        movaps  %xmm1, 80(%rsp)
        movaps  %xmm2, 96(%rsp)
        movaps  %xmm3, 112(%rsp)
        movaps  %xmm4, 128(%rsp)
        movaps  %xmm5, 144(%rsp)
        movaps  %xmm6, 160(%rsp)
        movaps  %xmm7, 176(%rsp)
        movq    %rsp, %rdi
        callq   moat_enter_with_registers
        movq    0(%rsp), %rax
        movq    8(%rsp), %rdx
        movaps  64(%rsp), %xmm0
        movaps  80(%rsp), %xmm1
        addq    $768, %rsp
        .cfi_adjust_cfa_offset -768
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        retq

3:      .cfi_adjust_cfa_offset 776
        .cfi_rel_offset %rbx, 768
        movq    %rax, 192(%rsp)
        movq    %rdx, 200(%rsp)
        movaps  %xmm0, 208(%rsp)
        movaps  %xmm1, 224(%rsp)
        movq    %rcx, %rdi
        callq   moat_stop_call_timer
        movq    192(%rsp), %rax
        movq    200(%rsp), %rdx
        movaps  208(%rsp), %xmm0
        movaps  224(%rsp), %xmm1
        movq    168(%rsp), %rcx
        jmp     1b

4:      movq    %rsp, %rdi
        callq   moat_end_interrupted
        ud2
        .cfi_endproc
        .size   moat_enter_call, .-moat_enter_call

        .section .text.moat_call_with_registers,"ax",@progbits
        .globl  moat_call_with_registers
        .hidden moat_call_with_registers
        .type   moat_call_with_registers,@function
        .p2align 4
moat_call_with_registers:
        .cfi_startproc
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        movq    %rdi, %rbx
        movq    0(%rbx), %rdi
        movq    8(%rbx), %rsi
        movq    16(%rbx), %rdx
        movq    24(%rbx), %rcx
        movq    32(%rbx), %r8
        movq    40(%rbx), %r9
        movaps  64(%rbx), %xmm0
        movaps  80(%rbx), %xmm1
        movaps  96(%rbx), %xmm2
        movaps  112(%rbx), %xmm3
        movaps  128(%rbx), %xmm4
        movaps  144(%rbx), %xmm5
        movaps  160(%rbx), %xmm6
        movaps  176(%rbx), %xmm7
        callq   *48(%rbx)
        movq    %rax, 0(%rbx)
        movq    %rdx, 8(%rbx)
        movaps  %xmm0, 64(%rbx)
        movaps  %xmm1, 80(%rbx)
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        retq
        .cfi_endproc
        .size   moat_call_with_registers, .-moat_call_with_registers
        .text
)");

// moat_enter_idle(rdi: domain, rsi: body, rdx: argument, rcx: record, r8:
// second argument, r9: activation): the same with the callee-saved registers
// stored as moat_leave_activation wants them. The activation is the caller's,
// as resumeSp has to lie below it: another call may begin there.
asm(R"(
        .section .text.moat_enter_idle,"ax",@progbits
        .globl  moat_enter_idle
        .hidden moat_enter_idle
        .type   moat_enter_idle,@function
        .p2align 4
moat_enter_idle:
        .cfi_startproc
        .cfi_personality 0x9b, moat_activation_personality_pointer
        cmpq    $0, 16(%rdi)            # callState, hasTimeLimit
        jne     4f
        movq    moat_prepared_thread@gottpoff(%rip), %r11
        movl    %fs:(%r11), %r11d
        testl   %r11d, %r11d
        jz      4f
)" MOAT_SAVE_REGISTERS R"(
        movq    %r9, %r12
        movl    %r11d, 28(%rdi)         # callThread
        movl    $21, 24(%rdi)           # callEnding
        movl    $1, 16(%rdi)            # callState, behind all of the above
        movq    %rsp, 0(%r12)           # resumeSp
        movq    %rsp, 8(%r12)           # hostSp
        movq    %rdi, 168(%r12)         # domain
        movq    %rcx, 176(%r12)         # record
        movw    $0, 184(%r12)           # isOnHostStack, isUnprotected
        movq    moat_activation@gottpoff(%rip), %rax
        movq    %fs:(%rax), %rbx
        movq    %rbx, 160(%r12)         # previous
        movq    %r12, %fs:(%rax)
        cmpl    $1, 16(%rdi)            # a signal was of no use until here
        jne     3f
        movq    %rsp, %rbx
        movq    %rsi, %rax
        movq    %r8, %rsi
        .cfi_remember_state
        .cfi_undefined %rip
        movq    8(%rdi), %rsp           # the end of its stack
        movq    %rdx, %rdi
        callq   *%rax
        movq    %rbx, %rsp
        .cfi_restore_state
        movq    moat_activation@gottpoff(%rip), %rax
        movq    160(%r12), %rdi
        movq    %rdi, %fs:(%rax)
        movq    168(%r12), %rdi
        cmpl    $0, 32(%rdi)            # callTimer
        jne     5f
1:      movq    $0, 16(%rdi)            # callState, hasTimeLimit
        xorl    %eax, %eax
2:      movq    32(%rsp), %r12          # the others were not changed
        movq    40(%rsp), %rbx
        addq    $56, %rsp
        .cfi_remember_state
)" MOAT_FORGET_REGISTERS R"(
        retq
3:      .cfi_restore_state
        movq    %rbx, %fs:(%rax)
        movl    $2, %eax                # IdleEntry::Interrupted
        jmp     2b
5:      callq   moat_stop_call_timer
        movq    168(%r12), %rdi
        jmp     1b

4:
)" MOAT_FORGET_REGISTERS R"(
        movl    $3, %eax                # IdleEntry::Other
        retq
        .cfi_endproc
        .size   moat_enter_idle, .-moat_enter_idle
        .text
)");

void moat_enter_with_registers(RegisterCall *call) {
  auto *entered = reinterpret_cast<const abi::Instance *>(call->integers[0]);
  TrapRecord record;
  if (!enterDomain(domainOf(*entered->context), moat_call_with_registers, call,
                   record))
    endCaller(record);
}

void moat_end_interrupted(UnprotectedCall *call) {
  call->record.endByTrap(call->activation.domain->callEnding);
  endUnprotected(&call->activation);
}

void moat_stop_call_timer(Domain *domain) {
  host::stopTimer(domain->callTimer);
}

#endif

} // namespace moat::rt
