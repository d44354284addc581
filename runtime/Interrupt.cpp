// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The state of a call is a word of its domain: idle, running, interrupted. Who
// interrupts moves it from running to interrupted and only then signals, so
// that a signal that comes too late finds nothing to do. A call that nobody
// protects does not move it: its activation says that it is running, and its
// mark may come when it has just ended. Then the next call removes it.

#include "Interrupt.h"
#include "Arch/Arch.h"
#include "Host/HostThread.h"

namespace moat::rt {

static constexpr uint64_t retryNs = 1'000'000;

/// In the signal handler.
static bool onInterrupt(void *value, bool isTimer, void *machineContext) {
  Activation *innermost = moat_activation;
  const Activation *found = innermost;
  while (found && found->domain != value)
    found = found->previous;
  if (!found)
    return false;
  Domain &domain = *found->domain;
  uint32_t running = CallRunning;
  if (isTimer &&
      __atomic_compare_exchange_n(&domain.callState, &running, CallInterrupted,
                                  false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    domain.callEnding = Trap::TimeExceeded;
  if (!isInterrupted(domain))
    return true;

  // The innermost call ends, of whichever domain: it runs for this one.
  Registers registers;
  readMachineContext(machineContext, registers);
  const Domain &inner = *innermost->domain;
  if (!inner.isGuestCode || !inner.isGuestCode(inner, registers.pc)) {
    host::startTimer(domain.callTimer, domain.callThread, &domain, retryNs,
                     retryNs);
    return true;
  }
  innermost->registers = registers;
  redirectMachineContext(machineContext, leaveByTrap, innermost->hostSp,
                         innermost, static_cast<uint32_t>(domain.callEnding));
  return true;
}

void CallScope::startLimit(Domain &domain, uint64_t limitNs) {
  host::installInterruptHandler(onInterrupt);
  host::startTimer(domain.callTimer, domain.callThread, &domain, limitNs,
                   retryNs);
}

void CallScope::stopTimer(Domain &domain) {
  host::stopTimer(domain.callTimer);
}

bool interruptCall(Domain &domain) {
  host::installInterruptHandler(onInterrupt);
  uint32_t from = CallRunning;
  if (__atomic_load_n(&domain.unprotected.hostSp, __ATOMIC_ACQUIRE))
    from = CallIdle;
  if (!__atomic_compare_exchange_n(&domain.callState, &from, CallInterrupted,
                                   false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) &&
      from != CallInterrupted)
    return false;
  // Marked before or not: that signal may have come between two calls.
  host::signalThread(__atomic_load_n(&domain.callThread, __ATOMIC_RELAXED),
                     &domain);
  return true;
}

} // namespace moat::rt
