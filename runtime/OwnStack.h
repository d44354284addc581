// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The guest's stack of an executable's first thread as a part of that thread's
// own, so that a start maps nothing for it. See OwnStack.cpp.

#pragma once

#include "Trap.h"

namespace moat::rt {

/// What traps need of stack that must not be the guest's.
inline constexpr uint64_t trapStackBytes = 64 << 10;

/// Lets \p domain and \p context use at least \p sizeBytes of the stack that the
/// thread is on, from the caller's frame down. \p outerFrame, above it, is the
/// address of the frame in which protect() will be called; \p trapSp is where
/// trapStackBytes end. False: there is no such stack here; one is to be mapped.
[[nodiscard]] bool useOwnStack(Domain &domain, abi::Context &context,
                               uint64_t sizeBytes, uint64_t outerFrame,
                               uint64_t trapSp);

} // namespace moat::rt
