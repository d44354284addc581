// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Subtyping and the well-formedness of types (Core 3.0, 3.2 Types and 3.3
// Matching). Defined types are compared by the canonical numbers that the
// decoder gave them, along a chain of declared super types whose length
// Limits.h bounds.

#include "Validate/Matching.h"

using namespace moat;

/// Does the chain of super types of \p sub reach a type equal to \p super?
static bool matchesDefined(const Module &module, uint32_t sub, uint32_t super) {
  uint32_t target = module.types[super].canonical;
  while (module.types[sub].canonical != target) {
    if (!module.types[sub].supertype)
      return false;
    sub = *module.types[sub].supertype;
  }
  return true;
}

static AbstractHeap abstractOf(SubType::Kind kind) {
  switch (kind) {
  case SubType::Func:
    return AbstractHeap::Func;
  case SubType::Struct:
    return AbstractHeap::Struct;
  case SubType::Array:
    return AbstractHeap::Array;
  }
  llvm_unreachable("a defined type of no kind");
}

/// Core 3.0, 3.3.3 Heap Types: four hierarchies, of any, func, extern and exn.
static bool matchesAbstract(AbstractHeap sub, AbstractHeap super) {
  if (sub == super)
    return true;
  switch (sub) {
  case AbstractHeap::None:
    return super == AbstractHeap::Any || super == AbstractHeap::Eq ||
           super == AbstractHeap::I31 || super == AbstractHeap::Struct ||
           super == AbstractHeap::Array;
  case AbstractHeap::I31:
  case AbstractHeap::Struct:
  case AbstractHeap::Array:
    return super == AbstractHeap::Eq || super == AbstractHeap::Any;
  case AbstractHeap::Eq:
    return super == AbstractHeap::Any;
  case AbstractHeap::NoFunc:
    return super == AbstractHeap::Func;
  case AbstractHeap::NoExtern:
    return super == AbstractHeap::Extern;
  case AbstractHeap::NoExn:
    return super == AbstractHeap::Exn;
  case AbstractHeap::Func:
  case AbstractHeap::Extern:
  case AbstractHeap::Any:
  case AbstractHeap::Exn:
    return false;
  }
  llvm_unreachable("an abstract heap type of no kind");
}

bool moat::matches(const Module &module, HeapType sub, HeapType super) {
  if (sub == super || sub == bottomHeap)
    return true;
  if (super == bottomHeap)
    return false;
  if (super.isConcrete()) {
    SubType::Kind kind = module.types[super.typeIndex()].kind;
    if (sub.isConcrete())
      return matchesDefined(module, sub.typeIndex(), super.typeIndex());
    if (kind == SubType::Func)
      return sub.abstract() == AbstractHeap::NoFunc;
    return sub.abstract() == AbstractHeap::None;
  }
  if (sub.isConcrete())
    return matchesAbstract(abstractOf(module.types[sub.typeIndex()].kind),
                           super.abstract());
  return matchesAbstract(sub.abstract(), super.abstract());
}

bool moat::matchesUnequal(const Module &module, ValType sub, ValType super) {
  if (sub.kind == ValType::Bottom)
    return true;
  if (!sub.isRef() || !super.isRef())
    return false;
  if (sub.nullable && !super.nullable)
    return false;
  return matches(module, sub.heap, super.heap);
}

bool moat::matches(const Module &module, ArrayRef<ValType> sub,
                   ArrayRef<ValType> super) {
  if (sub.size() != super.size())
    return false;
  for (size_t i = 0; i < sub.size(); ++i)
    if (!matches(module, sub[i], super[i]))
      return false;
  return true;
}

bool moat::matchesStorage(const Module &module, const FieldType &sub,
                          const FieldType &super) {
  return sub.packed == super.packed && matches(module, sub.type, super.type);
}

bool moat::matches(const Module &module, const FieldType &sub,
                   const FieldType &super) {
  if (sub.isMutable != super.isMutable || !matchesStorage(module, sub, super))
    return false;
  return !sub.isMutable || matchesStorage(module, super, sub);
}

bool moat::matchesComposite(const Module &module, const SubType &sub,
                            const SubType &super) {
  if (sub.kind != super.kind)
    return false;
  if (sub.kind == SubType::Func)
    return matches(module, super.func.params, sub.func.params) &&
           matches(module, sub.func.results, super.func.results);
  // A structure may have more fields than the one above it, an array has one.
  if (sub.fields.size() < super.fields.size())
    return false;
  for (size_t i = 0; i < super.fields.size(); ++i)
    if (!matches(module, sub.fields[i], super.fields[i]))
      return false;
  return true;
}

/// The feature that has a reference type.
static Feature featureOf(ValType type) {
  if (type.heap.isConcrete() || !type.nullable)
    return Feature::FunctionReferences;
  switch (type.heap.abstract()) {
  case AbstractHeap::Func:
  case AbstractHeap::Extern:
    return Feature::ReferenceTypes;
  case AbstractHeap::Exn:
    return Feature::Exceptions;
  default:
    return Feature::GC;
  }
}

std::string moat::needsFeature(const Twine &what, Feature feature) {
  return (what + " needs the feature " + toString(feature) +
          ", which is not enabled")
      .str();
}

std::string moat::faultOf(ValType type, uint32_t typeCount,
                          const FeatureSet &features) {
  if (type.isNumber())
    return {};
  Feature feature = type.isRef() ? featureOf(type) : Feature::Simd;
  if (!features.has(feature))
    return needsFeature("type " + toString(type), feature);
  if (type.isRef() && type.heap.isConcrete() &&
      type.heap.typeIndex() >= typeCount)
    return "unknown type " + std::to_string(type.heap.typeIndex());
  return {};
}

std::string moat::describe(ValType type) {
  if (type.isRef() && type.heap == bottomHeap)
    return "a reference";
  return toString(type);
}
