// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Function types as a host program writes them.

#pragma once

#include <cstdint>
#include <string_view>

namespace moat::rt {

/// What a type's canonical text takes at most.
inline uint64_t canonicalBytes(std::string_view text) {
  return 2 * text.size() + 16;
}

/// Reads a function type as the text format has it, `(func (param i32) (param
/// $x i64) (result funcref))`, and writes it as abi::TypeDescriptor::text does,
/// which is how types are told apart. References may be to abstract types and
/// to function types, which stand in place. \p out has room for
/// canonicalBytes(). \returns the text's size; 0: malformed.
uint64_t canonicalizeFunctionType(std::string_view text, char *out);

} // namespace moat::rt
