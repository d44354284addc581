// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// An integer as a sum: coefficients times leaves, plus a constant, in the
// wrapping arithmetic of its type. Exact, whatever wraps: nothing is assumed
// of the values, and no flag is read but what makes an `or` an addition.

#pragma once

#include "LLVM.h"

namespace llvm {
class DataLayout;
class Instruction;
class MDNode;
class Value;
} // namespace llvm

namespace moat {

struct Linear {
  struct Term {
    llvm::Value *leaf;
    uint64_t coefficient; ///< never zero
  };

  /// Adds \p factor times \p value, of at most 64 bits, looking through
  /// additions, subtractions, and multiplications by constants.
  void add(llvm::Value *value, uint64_t factor = 1, unsigned depth = 0);

  /// The coefficient of \p leaf, or 0.
  uint64_t coefficientOf(const llvm::Value *leaf) const;

  /// Cuts to the type's width.
  uint64_t cut(uint64_t value) const {
    return bits == 64 ? value : value & ((uint64_t(1) << bits) - 1);
  }
  /// The constant as a signed number.
  int64_t asSigned(uint64_t value) const {
    return static_cast<int64_t>(value << (64 - bits)) >> (64 - bits);
  }

  explicit Linear(unsigned bits) : bits(bits) {}
  static Linear of(llvm::Value *value);
  /// The same of a value that may be cut out of a wider sum, whose leaves are
  /// wider then: for comparing, not for computing.
  static Linear ofCut(llvm::Value *value);

  unsigned bits;
  SmallVector<Term, 4> terms; ///< in the order in which they were met
  uint64_t constant = 0;

private:
  bool mayLookWider = false;

  void addTerm(llvm::Value *leaf, uint64_t coefficient);
};

/// Whether an access is one of guest memory without a check (Wasm/Access.h).
bool isGuarded(const llvm::Instruction &access);
/// The same, of the access that has \p tag as its alias metadata, or null.
bool isGuarded(const llvm::MDNode *tag);

/// Where an access of a guest's memory goes: a base that is no address
/// computation, plus a sum of 64 bits.
struct LinearAddress {
  llvm::Value *base;
  Linear offset{64};

  /// Looks through the address computations that form \p pointer.
  static LinearAddress of(llvm::Value *pointer, const llvm::DataLayout &layout);

  /// The guest's 32-bit address: the sum's one leaf, extended. Null if the sum
  /// has another form.
  llvm::Value *guestAddress() const;
};

} // namespace moat
