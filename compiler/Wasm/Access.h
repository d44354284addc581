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

/// One of the module's own globals: the number of its bit follows.
inline constexpr llvm::StringLiteral globalName = "global ";

/// Metadata of a function: two numbers of 64 bits, a bit for each global that
/// it may read and that it may write.
inline constexpr llvm::StringLiteral touchedGlobals = "moat.globals";

} // namespace moat
