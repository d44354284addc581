// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What an architecture provides for exceptions: moat_throw_exception, and the
// jump to a landing pad.

#pragma once

#include "Arch/Arch.h"
#include "moat/abi/Layout.h"

namespace moat::rt {

/// moat_throw_exception (abi/Builtins.def) comes here after it has saved the
/// registers of the function that throws and changed to hostSp.
extern "C" [[noreturn]] void moat_on_throw(Activation *activation,
                                           abi::Exception *exception);
/// Where it comes if there is no activation.
extern "C" [[noreturn]] void moat_on_stray_throw();

/// Calls raise(header) so that its caller, for an unwinder, is the frame of \p
/// registers, whose pc is within the call. Returns if that returns. Host
/// programs only.
extern "C" void moat_raise(const Registers *registers, void *header,
                           void (*raise)(void *header));

/// Continues in a frame, at a landing pad, with the exception in the register
/// where compiled code expects it.
extern "C" [[noreturn]] void moat_land(const Registers *registers,
                                       abi::Exception *exception);

} // namespace moat::rt
