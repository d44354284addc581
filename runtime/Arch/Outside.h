// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Calls of exports from outside of any guest, with their arguments in registers
// (abi/Builtins.def, enter_call). The assembly (Outside.cpp) lays out what is
// here.

#pragma once

#include "Arch/Arch.h"
#include "Trap.h"

namespace moat::rt {

/// On the host's stack while the outermost call of a thread runs that nobody
/// protects. The assembly fills the activation, and nothing of the record.
struct OutermostCall {
  Activation activation;
  TrapRecord record;
};

/// The registers of a call that takes longer, as they are passed and returned.
/// x86-64: first rdi, rsi, rdx, rcx, r8 and r9, results in the first two.
struct RegisterCall {
  uint64_t integers[6];
  uint64_t code;
  uint64_t padding;
  uint8_t vectors[8][16];
};
static_assert(sizeof(RegisterCall) <= sizeof(OutermostCall));

/// Calls the code with the registers, and stores the results.
extern "C" void moat_call_with_registers(void *call);

/// What the assembly leaves to others: a call in a call, one that has a time
/// limit, the first one of a thread.
extern "C" void moat_enter_with_registers(RegisterCall *call);
/// A call that was interrupted before it began.
extern "C" [[noreturn]] void moat_end_interrupted(OutermostCall *call);
/// The timer that repeats an interruption is running.
extern "C" void moat_stop_call_timer(Domain *domain);

} // namespace moat::rt
