// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What protect() and CallScope do, for the case that is frequent: no call is
// running in the domain, so its stack is free from the end on. moat_enter_call
// does not touch the arguments in registers; as what ends it otherwise than by
// returning ends its caller's activation, or the process (endUnprotected), no
// register has to be kept for that.

#include "Arch/Outside.h"
#include "Arch/SavedRegisters.h"
#include "Builtins.h"
#include "Host/HostThread.h"
#include "Interrupt.h"

namespace moat::rt {

void endUnprotected(Activation *activation) {
  moat_activation = activation->previous;
  activation->hostSp = 0;
  activation->previous = nullptr;
  CallScope::end(*activation->domain);
  endCaller(*activation->record);
}

#if defined(__x86_64__)

static_assert(offsetof(abi::Instance, context) == 8 &&
              offsetof(abi::Context, runtime) == 8);
static_assert(offsetof(Domain, stack) + offsetof(AddressRange, end) == 8 &&
              offsetof(Domain, callState) == 16 &&
              offsetof(Domain, hasTimeLimit) == 20 &&
              offsetof(Domain, callThread) == 28);
static_assert(CallIdle == 0 && CallRunning == 1);
static_assert(offsetof(Domain, callState) == abi::callStateOffset &&
              offsetof(Domain, callThread) == abi::callThreadOffset &&
              offsetof(Domain, unprotected) == abi::activationOffset &&
              offsetof(Activation, hostSp) == abi::hostSpOffset);
static_assert(offsetof(Domain, unprotected) == 160 &&
              offsetof(Activation, hostSp) == 8 &&
              offsetof(Activation, previous) == 160 &&
              offsetof(Activation, domain) == 168 &&
              offsetof(Activation, record) == 176 &&
              offsetof(Activation, isOnHostStack) == 184 &&
              offsetof(Activation, isUnprotected) == 185);
static_assert(static_cast<uint32_t>(IdleEntry::Left) == 1 &&
              static_cast<uint32_t>(IdleEntry::Other) == 2);
static_assert(offsetof(RegisterCall, code) == 48 &&
              offsetof(RegisterCall, vectors) == 64);

// moat_enter_call(r10: code; the code's own arguments, rdi: instance). Only rax
// and r11 are free. The return address is undefined while the guest runs, as in
// moat_enter_activation.
//
// What it takes is bounded by the stores: the activation is the domain's, with
// everything in it that is the same for each call, and its hostSp, which is 0
// else, says that it is running. A signal finds the activation before the call
// counts as running, so it is never of no use; who marks the call has not seen
// its end, or its mark is found when the next one begins (Interrupt.h).
//
// Where no call of another domain is running, the pointer to the innermost
// activation does not go through memory from call to call.
asm(R"(
        .section .text.moat_enter_call,"ax",@progbits
        .globl  moat_enter_call
        .type   moat_enter_call,@function
        .p2align 6
moat_enter_call:
        .cfi_startproc
        .cfi_personality 0x9b, moat_activation_personality_pointer
        movq    8(%rdi), %rax
        movq    8(%rax), %rax           # the domain
        cmpq    $0, 16(%rax)            # callState, hasTimeLimit
        jne     3f
        movq    moat_prepared_thread@gottpoff(%rip), %r11
        movl    %fs:(%r11), %r11d
        cmpl    %r11d, 28(%rax)         # callThread: of the last call
        jne     3f
        movq    moat_activation@gottpoff(%rip), %r11
        cmpq    $0, %fs:(%r11)
        jne     2f
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        addq    $160, %rax              # the activation
        movq    %rax, %fs:(%r11)
        movq    %rsp, 8(%rax)           # hostSp
        .cfi_remember_state
        .cfi_undefined %rip
        movq    8-160(%rax), %rsp       # the end of its stack
        callq   *%r10
        movq    moat_activation@gottpoff(%rip), %r11
        movq    %fs:(%r11), %rcx
        movq    8(%rcx), %rsp
        .cfi_restore_state
        movq    $0, %fs:(%r11)
        movq    $0, 8(%rcx)
        cmpl    $0, 16-160(%rcx)        # callState
        jne     4f
1:      addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        retq

        # In a call of another domain, or of this one.
2:      cmpq    $0, 160+8(%rax)
        jne     3f
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        movq    %fs:(%r11), %r12
        addq    $160, %rax
        movq    %r12, 160(%rax)         # previous
        movq    %rax, %fs:(%r11)
        movq    %rsp, 8(%rax)
        .cfi_remember_state
        .cfi_undefined %rip
        movq    8-160(%rax), %rsp
        callq   *%r10
        movq    moat_activation@gottpoff(%rip), %r11
        movq    %fs:(%r11), %rcx
        movq    8(%rcx), %rsp
        .cfi_restore_state
        movq    %r12, %fs:(%r11)
        movq    $0, 8(%rcx)
        movq    $0, 160(%rcx)
        cmpl    $0, 16-160(%rcx)
        jne     5f
6:      popq    %r12
        .cfi_adjust_cfa_offset -8
        .cfi_restore %r12
        retq

        # moat_enter_with_registers
3:      subq    $200, %rsp
        .cfi_adjust_cfa_offset 200
        movq    %rdi, 0(%rsp)
        movq    %rsi, 8(%rsp)
        movq    %rdx, 16(%rsp)
        movq    %rcx, 24(%rsp)
        movq    %r8, 32(%rsp)
        movq    %r9, 40(%rsp)
        movq    %r10, 48(%rsp)
        .irp    i, 0, 1, 2, 3, 4, 5, 6, 7
        movaps  %xmm\i, 64 + 16 * \i(%rsp)
        .endr
        movq    %rsp, %rdi
        callq   moat_enter_with_registers
        movq    0(%rsp), %rax
        movq    8(%rsp), %rdx
        movaps  64(%rsp), %xmm0
        movaps  80(%rsp), %xmm1
        addq    $200, %rsp
        .cfi_adjust_cfa_offset -200
        retq

        # It was interrupted: what it returns stays.
4:      .cfi_adjust_cfa_offset 8
        leaq    -160(%rcx), %rdi
        callq   moat_end_call
        jmp     1b
        .cfi_adjust_cfa_offset -8

5:      .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        leaq    -160(%rcx), %rdi
        callq   moat_end_call
        jmp     6b
        .cfi_endproc
        .size   moat_enter_call, .-moat_enter_call

        .section .text.moat_end_call,"ax",@progbits
        .globl  moat_end_call
        .type   moat_end_call,@function
        .p2align 4
moat_end_call:
        .cfi_startproc
        subq    $344, %rsp
        .cfi_adjust_cfa_offset 344
        movq    %rax, 0(%rsp)
        movq    %rcx, 8(%rsp)
        movq    %rdx, 16(%rsp)
        movq    %rsi, 24(%rsp)
        movq    %rdi, 32(%rsp)
        movq    %r8, 40(%rsp)
        movq    %r9, 48(%rsp)
        movq    %r10, 56(%rsp)
        movq    %r11, 64(%rsp)
        .irp    i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movaps  %xmm\i, 80 + 16 * \i(%rsp)
        .endr
        callq   moat_end_marked_call
        movq    0(%rsp), %rax
        movq    8(%rsp), %rcx
        movq    16(%rsp), %rdx
        movq    24(%rsp), %rsi
        movq    32(%rsp), %rdi
        movq    40(%rsp), %r8
        movq    48(%rsp), %r9
        movq    56(%rsp), %r10
        movq    64(%rsp), %r11
        .irp    i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movaps  80 + 16 * \i(%rsp), %xmm\i
        .endr
        addq    $344, %rsp
        .cfi_adjust_cfa_offset -344
        retq
        .cfi_endproc
        .size   moat_end_call, .-moat_end_call

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
        .irp    i, 0, 1, 2, 3, 4, 5, 6, 7
        movaps  64 + 16 * \i(%rbx), %xmm\i
        .endr
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
//
// callState and hasTimeLimit are cleared in one store because they are tested
// in one load: a load waits long for a store of a part of it.
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
        cmpq    $0, 160+8(%rdi)         # hostSp of its unprotected call
        jne     4f
        movq    moat_prepared_thread@gottpoff(%rip), %r11
        movl    %fs:(%r11), %r11d
        testl   %r11d, %r11d
        jz      4f
)" MOAT_SAVE_REGISTERS R"(
        movq    %r9, %r12
        movl    %r11d, 28(%rdi)         # callThread
        movq    %rsp, 0(%r12)           # resumeSp
        movq    %rsp, 8(%r12)           # hostSp
        movq    %rdi, 168(%r12)         # domain
        movq    %rcx, 176(%r12)         # record
        movw    $0, 184(%r12)           # isOnHostStack, isUnprotected
        movq    moat_activation@gottpoff(%rip), %rax
        movq    %fs:(%rax), %rbx
        movq    %rbx, 160(%r12)         # previous
        movq    %r12, %fs:(%rax)
        movl    $1, 16(%rdi)            # callState, behind all of the above
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
        cmpl    $1, 16(%rdi)            # callState
        jne     3f
        movq    $0, 16(%rdi)            # and hasTimeLimit, see above
1:      xorl    %eax, %eax
        movq    32(%rsp), %r12          # the others were not changed
        movq    40(%rsp), %rbx
        addq    $56, %rsp
        .cfi_remember_state
)" MOAT_FORGET_REGISTERS R"(
        retq
3:      .cfi_restore_state
        callq   moat_end_call
        jmp     1b

4:
)" MOAT_FORGET_REGISTERS R"(
        movl    $2, %eax                # IdleEntry::Other
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

void moat_end_marked_call(Domain *domain) { CallScope::end(*domain); }

#else

extern "C" void builtins::moat_end_call(Ptr domain) {
  CallScope::end(*static_cast<Domain *>(domain));
}

#endif

} // namespace moat::rt
