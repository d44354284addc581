// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What moat refuses for its size alone (Core 3.0, appendix A.3 Implementation
// Limitations). Each limit is at least the one that engines agree on
// (WebAssembly JavaScript Interface, 10 Implementation-defined Limits), named
// "engines" below. They keep what a short module can ask for in proportion to
// its length.

#pragma once

#include <cstdint>

namespace moat::limits {

/// Bytes of a module. Engines: 1 GiB.
inline constexpr uint64_t moduleSizeBytes = uint64_t(1) << 30;
/// Types, all recursion groups together. Engines: 1,000,000.
inline constexpr uint32_t types = 1'000'000;
/// Types above a type. Engines: 63.
inline constexpr uint32_t subtypingDepth = 63;
/// Fields of a structure. Engines: 10,000.
inline constexpr uint32_t structFields = 10'000;
/// Engines: 1,000.
inline constexpr uint32_t params = 1'000;
/// Engines: 1,000.
inline constexpr uint32_t results = 1'000;
/// Entries of each index space, imports included. Engines: 1,000,000 functions,
/// globals, tags; 100,000 tables.
inline constexpr uint32_t functions = 1'000'000;
inline constexpr uint32_t globals = 1'000'000;
inline constexpr uint32_t tags = 1'000'000;
inline constexpr uint32_t tables = 100'000;
/// Engines: 100.
inline constexpr uint32_t memories = 1'000;
/// Engines: 1,000,000.
inline constexpr uint32_t imports = 1'000'000;
/// Engines: 1,000,000.
inline constexpr uint32_t exports = 1'000'000;
/// Engines: 10,000,000.
inline constexpr uint32_t elementSegments = 10'000'000;
/// Engines: 10,000,000 elements.
inline constexpr uint32_t elementSegmentSize = 10'000'000;
/// Engines: 100,000.
inline constexpr uint32_t dataSegments = 1'000'000;
/// Bytes of a function's body, its local declarations included. Engines:
/// 7,654,321.
inline constexpr uint32_t functionSizeBytes = 64 << 20;
/// Locals of a function, parameters included. Engines: 50,000. Three bytes can
/// declare all of them.
inline constexpr uint32_t locals = 100'000;
/// Elements of array.new_fixed. Engines: 10,000.
inline constexpr uint32_t arrayNewFixed = 10'000;
/// Values on the operand stack of a function. Engines: none stated. A call of
/// three bytes can push a thousand.
inline constexpr uint32_t operandStack = 8'000'000;

} // namespace moat::limits
