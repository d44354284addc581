// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The end of the guest, by its own will or by a signal it raises against
// itself.

#include "Guest.h"
#include <csignal>
#include <iterator>

namespace moat::rt {

/// Ends the guest with an exit code. Does not return.
/// WASI preview 1, proc_exit. As _exit(2).
void wasi::proc_exit(Instance &instance, uint32_t code) {
  if (instance.exit)
    instance.exit(instance, code);
  host::exit(code);
}

/// The host's signals by WASI's numbers; 0: the default action is to ignore it.
static constexpr uint8_t hostSignals[] = {
    0,       SIGHUP,    SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,
    SIGFPE,  SIGKILL,   SIGUSR1, SIGSEGV, SIGUSR2, 0,       SIGALRM, SIGTERM,
    0,       SIGCONT,   SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, 0,       SIGXCPU,
    SIGXFSZ, SIGVTALRM, SIGPROF, 0,       SIGPOLL, SIGPWR,  SIGSYS};

static bool stopsOrContinues(int signal) {
  return signal == SIGCONT || signal == SIGSTOP || signal == SIGTSTP ||
         signal == SIGTTIN || signal == SIGTTOU;
}

/// Does what the specification says of a signal: ignores it, stops the process,
/// or ends it as that signal would. Where the guest is not a process of its
/// own, ending is an exit with 128 and the signal's number, and stopping is
/// Notsup. Inval: no such signal. WASI preview 1, proc_raise and signal. As
/// raise(3).
Errno wasi::proc_raise(Instance &instance, uint32_t signal) {
  if (signal >= std::size(hostSignals))
    return Errno::Inval;
  int hostSignal = hostSignals[signal];
  if (hostSignal == 0)
    return Errno::Success;
  if (instance.exit) {
    if (stopsOrContinues(hostSignal))
      return Errno::Notsup;
    instance.exit(instance, 128u + static_cast<uint32_t>(hostSignal));
  }
  host::raiseWithDefaultAction(hostSignal);
  return Errno::Success;
}

} // namespace moat::rt
