// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the lowering tells the optimizer about an access: the names of types in
// its alias metadata. Guest memory and moat's own structures never overlap.

#pragma once

#include "LLVM.h"

namespace moat {

/// Everything that a guest's address can reach.
inline constexpr llvm::StringLiteral guestMemoryName = "guest memory";

/// The same, by an access without a check: of 32 bits of address in pages of
/// 64 KiB, with guards around. At and past 2^32 - 65,536 it always traps.
inline constexpr llvm::StringLiteral guardedMemoryName = "guarded memory";

} // namespace moat
