// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Faults as the system reports them. Signal handlers are the process's, so the
// state behind this interface is too: it is set once and then only read.

#pragma once

#include <cstdint>

namespace moat::rt::host {

/// What the handler of faults consults. Both run in the signal handler.
struct FaultPolicy {
  /// Judges a fault at \p address. True: it is dealt with, and \p
  /// machineContext (a ucontext_t, see Arch/Arch.h) says where to go on.
  bool (*handle)(uint64_t address, void *machineContext);
  /// Says something about a fault that nobody handles, before the process ends
  /// by it.
  void (*lastWords)(uint64_t address, void *machineContext);
};

/// Handles SIGSEGV and SIGBUS by \p policy, which must live for good; what it
/// does not handle goes to the handlers that were there before. Later calls do
/// nothing. sigaction(2).
void installFaultHandler(const FaultPolicy &policy);

/// The stack that a thread's handlers run on.
struct SignalStack {
  void *base = nullptr; ///< null: none, the handlers run where the thread is
  uint64_t sizeBytes = 0;
};

/// Gives this thread another one. \returns the one it had. In an executable, at
/// the start of threads only. sigaltstack(2).
SignalStack swapSignalStack(SignalStack stack);

/// What time can run out of.
enum class TimeLimit : uint8_t {
  Cpu,  ///< of all threads of the process, in user mode and in the kernel
  Wall, ///< goes on while the process waits, but not while the system sleeps
};
/// Calls \p expired in a signal handler, in any thread and on its signal stack,
/// once \p ns more have been used, whatever the process does then. \p expired
/// must not return. setitimer(2), with SIGPROF and SIGALRM, which are
/// unblocked. At start only (Host.h).
void limitTime(TimeLimit limit, uint64_t ns, void (*expired)(int signal));
/// The limit that \p expired is told of by its signal.
TimeLimit timeLimitOf(int signal);

} // namespace moat::rt::host
