// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Features of WebAssembly and sets of them, from the rows of Features.def. A
// phase is given the set of enabled features and refuses what needs another
// one.

#pragma once

#include "LLVM.h"
#include <cstdint>

namespace moat {

enum class Feature : uint8_t {
#define FEATURE(name, text, built, where) name,
#include "Wasm/Features.def"
};

/// The name in messages and options: `multi-memory`.
StringRef toString(Feature feature);

/// A set of features; a small value.
class FeatureSet {
public:
  /// The empty set, which has not even the instructions of WebAssembly 1.0.
  constexpr FeatureSet() = default;

  constexpr bool has(Feature feature) const { return bits & bit(feature); }
  constexpr void add(Feature feature) { bits |= bit(feature); }
  constexpr void remove(Feature feature) { bits &= ~bit(feature); }
  constexpr bool operator==(const FeatureSet &) const = default;

  /// Everything that can be decoded and validated.
  static constexpr FeatureSet all() {
    FeatureSet set;
#define FEATURE(name, text, built, where) set.add(Feature::name);
#include "Wasm/Features.def"
    return set;
  }

  /// Everything that can be compiled today.
  static constexpr FeatureSet built() {
    [[maybe_unused]] constexpr bool Built = true, Later = false;
    FeatureSet set;
#define FEATURE(name, text, built, where)                                      \
  if (built)                                                                   \
    set.add(Feature::name);
#include "Wasm/Features.def"
    return set;
  }

private:
  static constexpr uint32_t bit(Feature feature) {
    return uint32_t(1) << static_cast<unsigned>(feature);
  }
  uint32_t bits = 0;
};

static_assert(FeatureSet::all().has(Feature::LegacyExceptions));
static_assert(FeatureSet::built().has(Feature::MultiValue));

} // namespace moat
