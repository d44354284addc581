// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Which types are well formed, and which match which (Core 3.0, 3.2 Types
// and 3.3 Matching). Private to Validate.

#pragma once

#include "Wasm/Features.h"
#include "Wasm/Module.h"
#include <string>

namespace moat {

/// The heap type that matches all others: of a reference of which nothing is
/// known but that it is one, popped from an unreachable stack. Never in a
/// module: Limits.h keeps type indices far below.
inline constexpr HeapType bottomHeap = HeapType::concrete(0x7FFF'FFFF);

bool matches(const Module &module, HeapType sub, HeapType super);

/// For types that are not equal.
bool matchesUnequal(const Module &module, ValType sub, ValType super);

inline bool matches(const Module &module, ValType sub, ValType super) {
  return sub == super || matchesUnequal(module, sub, super);
}

bool matches(const Module &module, ArrayRef<ValType> sub,
             ArrayRef<ValType> super);

/// Core 3.0, 3.3.8 Composite Types: immutable fields match by subtyping,
/// mutable ones only both ways.
bool matches(const Module &module, const FieldType &sub,
             const FieldType &super);

/// Do the contents of \p sub match those of \p super, whatever their
/// mutability?
bool matchesStorage(const Module &module, const FieldType &sub,
                    const FieldType &super);

/// Matching of what two defined types are made of; their declared super types
/// are not looked at.
bool matchesComposite(const Module &module, const SubType &sub,
                      const SubType &super);

/// What is wrong with a type: it names a type at or past \p typeCount, or needs
/// a feature that is not enabled. Empty if nothing is.
std::string faultOf(ValType type, uint32_t typeCount,
                    const FeatureSet &features);

/// As toString, but knows bottomHeap.
std::string describe(ValType type);

/// `x needs the feature y, which is not enabled`.
std::string needsFeature(const Twine &what, Feature feature);

} // namespace moat
