// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Addresses next to one that was just accessed.
//
// Guest addresses are sums of 32 bits that wrap, so to LLVM zext(a + 8) has no
// fixed distance from zext(a): each needs an addition of its own, and neither
// the vectorizers nor alias analysis see neighbours. But a guarded memory ends
// at 2^32 - 65,536 (Wasm/Access.h), so an access at zext(y) + c, with c >= 0,
// either traps or shows that y is less than that. Let B be an access at
// zext(y + d) + c' that such an access A dominates.
//
// - 0 <= d < 65,536: y + d does not wrap, and zext(y) + d is the same number.
// - -65,536 < d < 0, c' = 0, and B is of one byte: if y + d is below zero, what
//   was written is an access at or past 2^32 - 65,536, which traps, and zext(y)
//   + d lies in the guard below the memory, which traps as well. With c' > 0
//   the latter could be inside the memory, so those stay as they are; and so
//   could the last bytes of more than one. If nothing uses the others, LLVM
//   accesses the last bytes alone, and where there was a trap is what the
//   memory begins with.
//
// This is a fact about an address, never about a value: it changes how B's
// address is formed, and nothing is attached to y or to y + d. If LLVM deletes
// A, or moves B in front of it, B's address is still inside of the reservation
// or its guards, whatever y is. It differs from the one that was written in two
// cases: y is at or past 2^32 - 65,536 and y + d wraps, where A was to trap and
// B now does; and y + d is below zero, where both trap. The first of several
// neighbours is what the others are formed from, so a chain of facts never
// grows.

#include "Optimize/NoWrap.h"
#include "Optimize/Linear.h"
#include "llvm/ADT/DepthFirstIterator.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/Local.h"
#include <map>

using namespace moat;

/// No guarded memory reaches the last bytes of 32 bits of address.
static constexpr int64_t maxDistance = 65536;

namespace {
/// An access, seen as one at zext(sum) + offset from a base.
struct Access {
  llvm::Instruction *instruction;
  llvm::Value *base;
  Linear sum;         ///< of 32 bits: what the guest computed
  llvm::Value *sum64; ///< zero-extended
  uint64_t offset;
  /// base + sum64, made when the first neighbour needs it.
  llvm::Value *pointer = nullptr;

  static std::optional<Access> of(llvm::Instruction &instruction);
  bool hasTermsOf(const Access &other) const;
  bool isByte() const {
    return instruction->getDataLayout().getTypeStoreSize(
               llvm::getLoadStoreType(instruction)) == 1;
  }
  /// Equal for accesses with the same terms, in whichever order.
  uintptr_t hash() const;
};

class NeighbourFinder {
public:
  NeighbourFinder(llvm::DominatorTree &tree) : tree(tree) {}

  /// In an order in which what dominates comes first.
  void visit(llvm::Instruction &instruction);
  bool changed() const { return !old.empty(); }
  /// What formed the addresses before.
  void removeOld() {
    llvm::RecursivelyDeleteTriviallyDeadInstructionsPermissive(old);
  }

private:
  bool formFrom(Access &first, const Access &access);

  llvm::DominatorTree &tree;
  std::map<uintptr_t, SmallVector<Access, 4>> known; ///< never iterated
  SmallVector<llvm::WeakTrackingVH, 32> old;
};
} // namespace

std::optional<Access> Access::of(llvm::Instruction &instruction) {
  llvm::Value *pointer = llvm::getLoadStorePointerOperand(&instruction);
  if (!pointer || instruction.isVolatile() || !isGuarded(instruction))
    return std::nullopt;
  LinearAddress address =
      LinearAddress::of(pointer, instruction.getDataLayout());
  llvm::Value *guest = address.guestAddress();
  constexpr uint64_t maxOffset = uint64_t(1) << 32;
  if (!guest || address.offset.constant >= maxOffset)
    return std::nullopt;
  Access access{&instruction, address.base, Linear::ofCut(guest),
                address.offset.terms[0].leaf, address.offset.constant};
  if (access.sum.terms.empty())
    return std::nullopt;
  return access;
}

bool Access::hasTermsOf(const Access &other) const {
  return base == other.base && sum.terms.size() == other.sum.terms.size() &&
         llvm::all_of(sum.terms, [&](const Linear::Term &term) {
           return other.sum.coefficientOf(term.leaf) == term.coefficient;
         });
}

uintptr_t Access::hash() const {
  auto mixed = reinterpret_cast<uintptr_t>(base);
  for (const Linear::Term &term : sum.terms)
    mixed += reinterpret_cast<uintptr_t>(term.leaf) * (term.coefficient | 1);
  return mixed;
}

void NeighbourFinder::visit(llvm::Instruction &instruction) {
  std::optional<Access> access = Access::of(instruction);
  if (!access)
    return;
  SmallVector<Access, 4> &others = known[access->hash()];
  for (Access &other : others)
    if (other.hasTermsOf(*access) &&
        tree.dominates(other.instruction, &instruction) &&
        formFrom(other, *access))
      return;
  constexpr size_t maxKnown = 16;
  if (others.size() < maxKnown)
    others.push_back(*access);
}

/// Forms the access's address from \p first's. False: that is not known to be
/// the same.
bool NeighbourFinder::formFrom(Access &first, const Access &access) {
  int64_t distance = access.sum.asSigned(
      access.sum.cut(access.sum.constant - first.sum.constant));
  bool isNear = distance >= 0 ? distance < maxDistance
                              : distance > -maxDistance && access.offset == 0 &&
                                    access.isByte();
  if (!isNear)
    return false;
  if (access.sum64 == first.sum64)
    return true;
  // A number of at most 33 bits, and a base that has guards.
  auto upwards = llvm::GEPNoWrapFlags::noUnsignedSignedWrap() |
                 llvm::GEPNoWrapFlags::noUnsignedWrap();
  if (!first.pointer)
    first.pointer = llvm::IRBuilder<>(first.instruction)
                        .CreatePtrAdd(first.base, first.sum64, "", upwards);
  llvm::IRBuilder<> b(access.instruction);
  llvm::Value *pointer = b.CreatePtrAdd(
      first.pointer,
      b.getInt64(static_cast<uint64_t>(distance) + access.offset), "",
      distance >= 0 ? upwards : llvm::GEPNoWrapFlags::noUnsignedSignedWrap());
  llvm::Use &use = access.instruction->getOperandUse(
      llvm::isa<llvm::LoadInst>(access.instruction) ? 0 : 1);
  old.push_back(use.get());
  use.set(pointer);
  return true;
}

llvm::PreservedAnalyses
NoWrapPass::run(llvm::Function &function,
                llvm::FunctionAnalysisManager &analyses) {
  auto &tree = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  NeighbourFinder neighbours(tree);
  for (llvm::DomTreeNode *node : llvm::depth_first(&tree))
    for (llvm::Instruction &instruction : *node->getBlock())
      neighbours.visit(instruction);
  if (!neighbours.changed())
    return llvm::PreservedAnalyses::all();
  neighbours.removeOld();
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  return preserved;
}
