// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Faults on Linux: sigaction(2) and sigaltstack(2), by libc, whose return
// trampoline and structures we would have to repeat otherwise; and huge pages,
// madvise(2).

#include "Host/Host.h"
#include "Host/Signals.h"
#include "Host/Syscall.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

namespace moat::rt {

namespace {

/// The process's handlers. Written before the handler can run, read by it.
struct Handlers {
  const host::FaultPolicy *policy = nullptr;
  struct sigaction previousSegv = {}, previousBus = {};
};

} // namespace

constinit static Handlers handlers;

/// Hands a fault to whoever handled it before us.
static void passOn(const struct sigaction &previous, int signal,
                   siginfo_t *info, void *machineContext) {
  if (previous.sa_flags & SA_SIGINFO)
    return previous.sa_sigaction(signal, info, machineContext);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
    return previous.sa_handler(signal);
  handlers.policy->lastWords(reinterpret_cast<uint64_t>(info->si_addr),
                             machineContext);
  // Back where it came from, the instruction faults again, and the default ends
  // the process with its signal and, if the system keeps one, a core of the
  // true place. A fault that was sent (kill(2)) does not repeat itself, and
  // ends with the next.
  sigaction(signal, &previous, nullptr);
}

static void onFault(int signal, siginfo_t *info, void *machineContext) {
  // Only the kernel's own faults have an address; a signal sent by kill(2) has
  // a sender.
  if (info->si_code > 0 &&
      handlers.policy->handle(reinterpret_cast<uint64_t>(info->si_addr),
                              machineContext))
    return;
  passOn(signal == SIGSEGV ? handlers.previousSegv : handlers.previousBus,
         signal, info, machineContext);
}

void host::installFaultHandler(const FaultPolicy &policy) {
  recordSyscall<SYS_rt_sigaction>();
  recordSyscall<SYS_rt_sigreturn>();
  const FaultPolicy *none = nullptr;
  if (!__atomic_compare_exchange_n(&handlers.policy, &none, &policy, false,
                                   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return;
  struct sigaction action = {};
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, &handlers.previousSegv);
  sigaction(SIGBUS, &action, &handlers.previousBus);
}

host::SignalStack host::swapSignalStack(SignalStack stack) {
  stack_t wanted = {}, previous = {};
  wanted.ss_sp = stack.base;
  wanted.ss_size = stack.sizeBytes;
  wanted.ss_flags = stack.base ? 0 : SS_DISABLE;
  invokeAtStart<SYS_sigaltstack>(&wanted, &previous);
  if (previous.ss_flags & SS_DISABLE)
    return {};
  return {previous.ss_sp, previous.ss_size};
}

void host::limitTime(TimeLimit limit, uint64_t ns, void (*expired)(int)) {
  recordSyscall<SYS_rt_sigreturn>();
  int signal = limit == TimeLimit::Cpu ? SIGPROF : SIGALRM;
  struct sigaction action = {};
  action.sa_handler = expired;
  action.sa_flags = SA_ONSTACK;
  sigaction(signal, &action, nullptr);
  // Whoever started us may have blocked it.
  uint64_t mask = uint64_t(1) << (signal - 1);
  invokeAtStart<SYS_rt_sigprocmask>(SIG_UNBLOCK, &mask, nullptr, sizeof(mask));
  // A timer of 0 would be none.
  uint64_t us = ns / 1000 ? ns / 1000 : 1;
  itimerval timer = {};
  timer.it_value.tv_sec = static_cast<time_t>(us / 1'000'000);
  timer.it_value.tv_usec = static_cast<suseconds_t>(us % 1'000'000);
  invokeAtStart<SYS_setitimer>(
      limit == TimeLimit::Cpu ? ITIMER_PROF : ITIMER_REAL, &timer, nullptr);
}

host::TimeLimit host::timeLimitOf(int signal) {
  return signal == SIGPROF ? TimeLimit::Cpu : TimeLimit::Wall;
}

void host::preferHugePages(void *address, uint64_t sizeBytes) {
  invoke<SYS_madvise>(address, sizeBytes, MADV_HUGEPAGE);
}

void host::preferHugePagesAtStart(void *address, uint64_t sizeBytes) {
  invokeAtStart<SYS_madvise>(address, sizeBytes, MADV_HUGEPAGE);
}

/// Writes to a page without changing it.
static void touch(uint8_t *place) {
  uint8_t zero = 0;
  __atomic_compare_exchange_n(place, &zero, 0, false, __ATOMIC_RELAXED,
                              __ATOMIC_RELAXED);
}

static uint64_t nsBetween(const timespec &begin, const timespec &end) {
  return static_cast<uint64_t>((end.tv_sec - begin.tv_sec) * 1'000'000'000 +
                               (end.tv_nsec - begin.tv_nsec));
}

uint64_t host::nsToTouch(uint8_t *place) {
  timespec begin = {}, end = {};
  invoke<SYS_clock_gettime>(CLOCK_THREAD_CPUTIME_ID, &begin);
  touch(place);
  invoke<SYS_clock_gettime>(CLOCK_THREAD_CPUTIME_ID, &end);
  return nsBetween(begin, end);
}

uint64_t host::nsToTouchAtStart(uint8_t *place) {
  timespec begin = {}, end = {};
  invokeAtStart<SYS_clock_gettime>(CLOCK_THREAD_CPUTIME_ID, &begin);
  touch(place);
  invokeAtStart<SYS_clock_gettime>(CLOCK_THREAD_CPUTIME_ID, &end);
  return nsBetween(begin, end);
}

} // namespace moat::rt
