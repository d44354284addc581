// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What an architecture provides beside its registers: entering and leaving
// activations, moat_trap, and the machine context of a signal. A file of each
// architecture has the bodies; to add one, write its file and its part of
// Registers.h.

#pragma once

#include "Arch/Registers.h"
#include <cstddef>

namespace moat::rt {

struct Domain;
struct TrapRecord;

/// One call of protect() or callOnHostStack() that has not ended. Lives in its
/// frame.
struct Activation {
  // The assembly knows these three.
  /// Stack pointer below the callee-saved registers that enterActivation()
  /// pushed. Not of a call that nobody protects.
  uint64_t resumeSp;
  /// Stack pointer of the stack that was left for the guest's: below it nothing
  /// is used while the guest runs, so that a trap can be dealt with there
  /// without touching the guest's frames.
  uint64_t hostSp;
  /// Where a trap happened.
  Registers registers;

  Activation *previous;
  Domain *domain;
  TrapRecord *record;
  /// The other way round: it left the guest's stack for the host's, and no
  /// guest runs in it.
  bool isOnHostStack;
  /// Of a call that nobody protects (Outside.h).
  bool isUnprotected;

  /// How far down the stack is in use that was left for it.
  uint64_t leftSp() const { return isUnprotected ? hostSp : resumeSp; }
};
static_assert(offsetof(Activation, resumeSp) == 0 &&
              offsetof(Activation, hostSp) == 8 &&
              offsetof(Activation, registers) == 16);

/// Saves the callee-saved registers, notes resumeSp, changes to \p stack (0:
/// stays where it is) and calls body(argument, second), of which a body may take
/// only the first. \returns false when that returns, true when leaveActivation() was called. Where \p stack is not 0,
/// hostSp is set, too. Its frame ends the unwinder's walk.
extern "C" bool moat_enter_activation(Activation *activation,
                                      void (*body)(void *), void *argument,
                                      uint64_t stack, void *second);

/// Makes moat_enter_activation return true, from anywhere in the activation.
extern "C" [[noreturn]] void moat_leave_activation(Activation *activation);

/// The innermost activation of the thread, or null. The runtime's one
/// thread_local. Libraries refer to it (compiler/Lower/InPlace.cpp).
/// (`__thread`: constant initialization, so that assembly can read it.)
extern "C" [[gnu::visibility("default")]] __thread Activation *moat_activation
#if defined(__PIC__)
    __attribute__((
        tls_model("initial-exec"))) // so that a signal handler can read it
#endif
    ;

/// moat_trap (abi/Builtins.def) comes here after it has saved the registers of
/// the trapping function and changed to hostSp.
extern "C" [[noreturn]] void moat_on_trap(Activation *activation,
                                          uint32_t kind);
/// Where it comes if there is no activation.
extern "C" [[noreturn]] void moat_on_stray_trap(uint32_t kind);

// The machine context of a signal handler: a ucontext_t of the system.

void readMachineContext(const void *machineContext, Registers &registers);

/// Lets the signal handler return into function(first, second) on the stack \p
/// sp.
void redirectMachineContext(void *machineContext,
                            void (*function)(Activation *first,
                                             uint32_t second),
                            uint64_t sp, Activation *first, uint32_t second);

} // namespace moat::rt
