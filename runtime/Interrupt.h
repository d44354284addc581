// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Ending a running guest from outside: by another thread, or by a time limit.
//
// The thread gets a signal. If it is in code of a module, the handler turns
// that place into a trap, as it does for a fault; a loop needs no check for it.
// If it is elsewhere (in a helper, in a function of the host), nothing may be
// cut short there: the call is marked, a timer repeats the signal every
// millisecond, and the return from a host function looks at the mark.

#pragma once

#include "Trap.h"

namespace moat::rt {

/// Around the outermost call into a domain. A nested one does nothing.
class CallScope {
public:
  /// \p limitNs: 0: none. The thread is the calling one.
  inline CallScope(Domain &domain, int32_t thread, uint64_t limitNs);
  inline ~CallScope();
  /// What the destructor does.
  static inline void end(Domain &domain);
  CallScope(const CallScope &) = delete;
  CallScope &operator=(const CallScope &) = delete;

private:
  static void startLimit(Domain &domain, uint64_t limitNs);
  static void stopTimer(Domain &domain);

  Domain &domain;
  bool isOutermost;
};

/// Interrupts the call that is running in \p domain, from any thread. False:
/// none is running.
bool interruptCall(Domain &domain);

/// Whether the running call has been marked.
inline bool isInterrupted(const Domain &domain);

/// Traps if it has.
inline void endIfInterrupted(const Domain &domain);

// Bodies that other files need in line.

enum CallState : uint32_t { CallIdle, CallRunning, CallInterrupted };

CallScope::CallScope(Domain &domain, int32_t thread, uint64_t limitNs)
    : domain(domain),
      isOutermost(domain.callState == CallIdle && !domain.unprotected.hostSp) {
  // A mark that came when its call had ended.
  if (isInterrupted(domain) && !isActive(domain)) {
    end(domain);
    isOutermost = true;
  }
  if (!isOutermost)
    return;
  domain.callThread = thread;
  domain.callEnding = Trap::Interrupted;
  __atomic_store_n(&domain.callState, CallRunning, __ATOMIC_RELEASE);
  if (limitNs)
    startLimit(domain, limitNs);
}

CallScope::~CallScope() {
  if (isOutermost)
    end(domain);
}

void CallScope::end(Domain &domain) {
  if (domain.callTimer) {
    stopTimer(domain);
    domain.callEnding = Trap::Interrupted; // only a timer says anything else
  }
  __atomic_store_n(&domain.callState, CallIdle, __ATOMIC_RELEASE);
}

bool isInterrupted(const Domain &domain) {
  return __atomic_load_n(&domain.callState, __ATOMIC_RELAXED) ==
         CallInterrupted;
}

extern "C" [[noreturn]] void moat_trap(uint32_t kind);

void endIfInterrupted(const Domain &domain) {
  if (__builtin_expect(isInterrupted(domain), 0))
    moat_trap(static_cast<uint32_t>(domain.callEnding));
}

} // namespace moat::rt
