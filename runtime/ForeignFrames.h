// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Exceptions of guests in frames that are not the guests': host programs only.

#pragma once

#include "Trap.h"

namespace moat::rt {

/// Domain::throwThrough of host programs: lets the unwinder of C++ take an
/// exception on. Returns if the program has none, or if it does not get through
/// to a frame that takes the exception.
void throwThroughForeignFrames(abi::Exception &exception,
                               const Registers &registers);

/// Frees what is left of exceptions that a trap overtook.
void forgetFlights(Domain &domain);

/// What moat_personality does there.
extern "C" [[gnu::weak]] uint32_t moat_guest_personality(uint32_t actions,
                                                         uint64_t kind,
                                                         void *header,
                                                         void *context);

/// The personality of moat_enter_activation: it takes every exception of the
/// guest, and ends the activation.
extern "C" [[gnu::weak]] uint32_t
moat_activation_personality(uint32_t version, uint32_t actions, uint64_t kind,
                            void *header, void *context);

} // namespace moat::rt
