// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Huge pages of linear memories: where they are asked for, and where not.

#pragma once

#include "moat/abi/Layout.h"

namespace moat::rt {

inline constexpr uint64_t hugePageBytes = 2 << 20;

/// Asks for huge pages in what \p memory begins with. In an executable, at
/// start only. \p isTried: the first is made at once, as the guest will touch
/// it anyway; otherwise all are asked for.
void preferHugePagesAtStart(abi::Memory &memory, bool isTried);

/// The same in what it has grown by since it had \p oldBytes.
void preferHugePages(abi::Memory &memory, uint64_t oldBytes);

} // namespace moat::rt
