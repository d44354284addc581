// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A call from outside into a domain that no call is running in, which is the
// frequent one: what it takes to begin and end it, in assembly (Outside.cpp).
// Of exports with their arguments in registers (abi/Builtins.def, enter_call),
// where nobody protects the call; of anything else with one argument or two.

#pragma once

#include "Arch/Arch.h"
#include "Trap.h"

namespace moat::rt {

/// What came of moat_enter_idle().
enum class IdleEntry : uint32_t {
  Returned, ///< all is as before the call
  Left,     ///< by leaving the activation; the record says how
  Other,    ///< nothing was done: the domain is not idle, its calls have a time
            ///< limit, or the thread is not prepared
};

/// Does what CallScope and protect() do: calls body(argument, second). But for
/// the end of the CallScope where that did not return. Fills the activation.
#if defined(__x86_64__)
extern "C" IdleEntry moat_enter_idle(Domain *domain, void (*body)(void *),
                                     void *argument, TrapRecord *record,
                                     void *second, Activation *activation);
#else
inline IdleEntry moat_enter_idle(Domain *, void (*)(void *), void *,
                                 TrapRecord *, void *, Activation *) {
  return IdleEntry::Other;
}
#endif

/// The registers of a call that takes longer, as they are passed and returned.
/// x86-64: first rdi, rsi, rdx, rcx, r8 and r9, results in the first two.
struct RegisterCall {
  uint64_t integers[6];
  uint64_t code;
  uint64_t padding;
  uint8_t vectors[8][16];
};
static_assert(sizeof(RegisterCall) == 192);

/// Calls the code with the registers, and stores the results.
extern "C" void moat_call_with_registers(void *call);

/// What the assembly leaves to others: see IdleEntry::Other.
extern "C" void moat_enter_with_registers(RegisterCall *call);
/// CallScope::end: the body of moat_end_call (abi/Builtins.def), which keeps
/// the registers.
extern "C" void moat_end_marked_call(Domain *domain);
/// Domain::endUnprotected.
[[noreturn]] void endUnprotected(Activation *activation);

} // namespace moat::rt
