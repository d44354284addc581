// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Writes the copies of an unrolled loop's body alike.

#pragma once

namespace llvm {
class Loop;
class ScalarEvolution;
} // namespace llvm

namespace moat {

/// Undoes what folding did to some copies of an innermost loop's body and not
/// to the others, for Reroll.h. \returns whether anything changed.
bool writeAlike(llvm::Loop &loop, llvm::ScalarEvolution &evolution);

} // namespace moat
