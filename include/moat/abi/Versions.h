// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What an executable that has versions of functions for better processors than
// its baseline (moat --mcpu=BASELINE,PROCESSOR…) and the runtime agree on.
//
//   moat_version_needs   of the compiler: by version, the features that it asks
//                        of the machine. 0 stands behind the last version.
//   moat_versions        of the runtime, set once before the guest runs: bit i
//                        says that the machine has what version i needs. Where
//                        no function has a second version, nothing refers to
//                        it, and what sets it is not linked.

#pragma once

#include <cstdint>

namespace moat::abi {

/// A byte has a bit for each.
inline constexpr uint32_t mostVersions = 8;

/// A row of ProcessorFeatures.def.
struct ProcessorFeature {
  const char *text;
  uint32_t leaf, subleaf;
  uint8_t registerIndex;
  uint8_t bit;
  uint8_t state;
};

inline constexpr ProcessorFeature processorFeatures[] = {
#define FEATURE(name, text, leaf, subleaf, registerIndex, bit, state)          \
  {text, leaf, subleaf, registerIndex, bit, state},
#include "moat/abi/ProcessorFeatures.def"
};
static_assert(sizeof(processorFeatures) / sizeof(processorFeatures[0]) <= 64,
              "a feature is a bit of a word");

} // namespace moat::abi
