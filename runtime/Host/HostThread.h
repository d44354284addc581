// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What a host program's thread needs before it enters compiled code, and how
// another thread reaches it. (An executable's one thread is prepared by its
// start.)

#pragma once

#include <cstdint>

namespace moat::rt::host {

/// Gives the calling thread a signal stack, unless it has one that is large
/// enough: handlers must not run on a guest's stack that is exhausted. It stays
/// until the thread ends, since changing it at every call would take as long as
/// a hundred calls. \returns the system's number of the thread; 0: no memory.
inline int32_t prepareThread();

/// Handles SIGURG, which is ignored by default, by \p handle; what that returns
/// false for goes to the handler that was there before. Later calls do nothing.
/// sigaction(2).
/// \p domain: what the signal was sent with; \p isTimer: by a timer.
using InterruptHandler = bool (*)(void *domain, bool isTimer,
                                  void *machineContext);
void installInterruptHandler(InterruptHandler handle);

/// Sends that signal to a thread of this process, if there is one of that
/// number. rt_tgsigqueueinfo(2).
void signalThread(int32_t thread, void *domain);

/// A timer that sends it to \p thread in \p firstNs, and then every \p
/// intervalNs; \p timer is 0 or one that startTimer() made, and becomes one.
/// May be called in a signal handler. timer_create(2), timer_settime(2).
void startTimer(int32_t &timer, int32_t thread, void *domain, uint64_t firstNs,
                uint64_t intervalNs);
/// timer_delete(2). \p timer becomes 0.
void stopTimer(int32_t &timer);

// Bodies that other files need in line.

int32_t prepareNewThread();

/// The system's number of the calling thread, once it is prepared; else 0.
/// Libraries refer to it (compiler/Lower/InPlace.cpp).
extern "C" [[gnu::visibility("default")]] __thread int32_t moat_prepared_thread
#if defined(__PIC__)
    __attribute__((tls_model("initial-exec"))) // no call to find it
#endif
    ;

int32_t prepareThread() {
  int32_t thread = moat_prepared_thread;
  return __builtin_expect(thread != 0, 1) ? thread : prepareNewThread();
}

} // namespace moat::rt::host
