// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Threads of a host program on Linux. System calls are made without libc where
// they are made in a signal handler.

#include "Host/Host.h"
#include "Host/HostThread.h"
#include "Host/Signals.h"
#include "Host/Syscall.h"
#include "Trap.h"
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

// What pthread_atfork(3) calls in glibc: that itself is not in its shared
// object, and an addon is linked without a libc.
extern "C" [[gnu::weak]] int __register_atfork(void (*)(), void (*)(),
                                               void (*)(), void *);

namespace moat::rt {

namespace {

struct ThreadState {
  uint8_t *signalStack = nullptr;
  host::SignalStack previous;
};

/// The process's handler: written once.
struct InterruptState {
  host::InterruptHandler handle = nullptr;
  struct sigaction previous = {};
};

} // namespace

constinit static __thread ThreadState threadState;
constinit __thread int32_t host::moat_prepared_thread = 0;
constinit static pthread_once_t keyOnce = PTHREAD_ONCE_INIT;
constinit static pthread_key_t key = 0;
constinit static InterruptState interrupts;

/// The thread ends: it gets back the signal stack it had, and ours is freed.
static void releaseThread(void *state) {
  auto &ended = *static_cast<ThreadState *>(state);
  if (ended.signalStack) {
    host::swapSignalStack(ended.previous);
    host::release(ended.signalStack, signalStackBytes);
  }
  ended = ThreadState();
  host::moat_prepared_thread = 0;
}

static void makeKey() {
  pthread_key_create(&key, releaseThread);
  // A child has another number.
  if (__register_atfork)
    __register_atfork(
        nullptr, nullptr,
        [] {
          if (host::moat_prepared_thread)
            host::moat_prepared_thread =
                static_cast<int32_t>(host::invoke<SYS_gettid>());
        },
        nullptr);
}

int32_t host::prepareNewThread() {
  ThreadState &state = threadState;
  stack_t current = {};
  host::invoke<SYS_sigaltstack>(nullptr, &current);
  bool isEnough =
      !(current.ss_flags & SS_DISABLE) && current.ss_size >= signalStackBytes;
  if (!isEnough) {
    auto stack = host::allocatePages(signalStackBytes);
    if (!stack)
      return 0;
    state.signalStack = *stack;
    state.previous = host::swapSignalStack({*stack, signalStackBytes});
  }
  pthread_once(&keyOnce, makeKey);
  pthread_setspecific(key, &state);
  moat_prepared_thread = static_cast<int32_t>(host::invoke<SYS_gettid>());
  return moat_prepared_thread;
}

static void onInterrupt(int signal, siginfo_t *info, void *machineContext) {
  bool isTimer = info->si_code == SI_TIMER;
  if ((isTimer || info->si_code == SI_QUEUE) &&
      interrupts.handle(info->si_value.sival_ptr, isTimer, machineContext))
    return;
  const struct sigaction &previous = interrupts.previous;
  if (previous.sa_flags & SA_SIGINFO)
    previous.sa_sigaction(signal, info, machineContext);
  else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
    previous.sa_handler(signal);
}

void host::installInterruptHandler(InterruptHandler handle) {
  InterruptHandler none = nullptr;
  if (!__atomic_compare_exchange_n(&interrupts.handle, &none, handle, false,
                                   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return;
  struct sigaction action = {};
  action.sa_sigaction = onInterrupt;
  // Not SA_RESTART: a system call that waits is to end.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGURG, &action, &interrupts.previous);
}

void host::signalThread(int32_t thread, void *domain) {
  siginfo_t info = {};
  info.si_signo = SIGURG;
  info.si_code = SI_QUEUE;
  info.si_pid = getpid();
  info.si_value.sival_ptr = domain;
  invoke<SYS_rt_tgsigqueueinfo>(info.si_pid, thread, SIGURG, &info);
}

static timespec timespecOf(uint64_t ns) {
  constexpr uint64_t second = 1'000'000'000;
  return {static_cast<time_t>(ns / second), static_cast<long>(ns % second)};
}

void host::startTimer(int32_t &timer, int32_t thread, void *domain,
                      uint64_t firstNs, uint64_t intervalNs) {
  if (!timer) {
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGURG;
    event.sigev_value.sival_ptr = domain;
    event._sigev_un._tid = thread;
    int made = 0;
    if (isError(invoke<SYS_timer_create>(CLOCK_MONOTONIC, &event, &made)))
      return;
    timer = made + 1;
  }
  itimerspec when = {};
  when.it_value = timespecOf(firstNs);
  when.it_interval = timespecOf(intervalNs);
  invoke<SYS_timer_settime>(timer - 1, 0, &when, nullptr);
}

void host::stopTimer(int32_t &timer) {
  if (timer)
    invoke<SYS_timer_delete>(timer - 1);
  timer = 0;
}

} // namespace moat::rt
