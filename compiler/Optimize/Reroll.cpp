// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Rolls back unrolled loops.
//
// clang unrolls loops for wasm by 2 to 8, and LLVM's vectorizer turns such a
// body into shuffles, or gives up. A loop here is one block; it is rolled by a
// factor F if it is shown to be F copies, one after the other, of a body that
// consists of its own first copy. That is what `Copies` shows:
//
// - An induction is a phi to which every turn adds a constant that F divides;
//   rolled, it adds that part of it. A value of copy k that is a sum of
//   inductions and invariants (Linear.h) must differ from copy 0's by k times
//   what the rolled loop will add to it. This is exact in wrapping arithmetic,
//   and covers several inductions, pointers or indices, and any way of writing
//   the sum. Copies may use different inductions: each is what it begins with
//   and its step times the turns that were done, so sums can be compared as
//   multiples of those.
// - A phi that nothing reads but the loop's end goes with it.
// - Every other phi is a recurrence: a reduction, or a value kept for the next
//   turn. What copy k reads in its place is what copy k - 1 left, and what
//   copy F - 1 leaves is the phi's next value.
// - Any other value of copy k is the same operation on values that correspond.
//   One instruction may stand for several of the body's: producers keep what
//   two copies load from the same address.
// - The roots are the stores, in groups of equal number, and the recurrences.
//   Nothing else may have an effect (no call that touches memory, nothing
//   volatile or atomic), so whatever the roots of copies 1 to F - 1 do not need
//   of copy 0 is dead.
//
// Order of memory. Stores keep their order, by the way they are grouped. The
// body's loads and stores happen in the order of copy 0; where that differs
// from the order that the instruction standing for a load has now towards some
// store of the same turn, the two must be known not to overlap. Turns stay
// behind one another.
//
// Addresses. An access is at zext(a) + c, and in copy k the producer writes
// a + k·s, or c + k·s if it knows that the sum does not wrap, or even a + d and
// c + k·s - d, where copy 0 was another turn's last (Rotate.cpp). The rolled
// access is at zext(a + k·s) + c. These differ only if a + k·s or a + d wraps
// in 32 bits; for steps upwards, of less than 32 KiB for the whole turn, and
// such d, copy 0's access then was at an address that always traps (guarded
// memories end at 2^32 - 65,536), and it still comes first. Downwards such
// loops are left alone. The rolled address is inside the reservation in any
// case.
//
// The trip count must be computable in front of the loop: exactly, by LLVM's
// scalar evolution, which accounts for counters that wrap or miss their bound.
// The rolled loop has a counter of its own, 64 bits from 0 up, of F times as
// many turns: so a counter that runs from a negative number up to zero, which
// hides a trip count from later passes, is gone as well.

#include "Optimize/Reroll.h"
#include "Optimize/Alike.h"
#include "Optimize/Linear.h"
#include "Optimize/TripCount.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Utils/LoopUtils.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

using namespace moat;

namespace {
/// What does not depend on the factor: the loop's parts.
struct UnrolledLoop {
  UnrolledLoop(llvm::Loop &loop, llvm::ScalarEvolution &evolution)
      : loop(loop), evolution(evolution), body(*loop.getHeader()),
        layout(body.getModule()->getDataLayout()) {}

  /// Finds the parts; false if the loop is none that could be rolled.
  bool analyze();
  bool onlyCounts(const llvm::PHINode &phi) const;
  llvm::Value *nextOf(llvm::PHINode *phi) const {
    return phi->getIncomingValueForBlock(&body);
  }
  llvm::Value *startOf(llvm::PHINode *phi) const {
    return phi->getIncomingValueForBlock(loop.getLoopPreheader());
  }
  bool contains(const llvm::Value *value) const {
    auto *instruction = llvm::dyn_cast<llvm::Instruction>(value);
    return instruction && instruction->getParent() == &body;
  }
  bool mayOverlap(const llvm::Instruction *one,
                  const llvm::Instruction *other) const;

  llvm::Loop &loop;
  llvm::ScalarEvolution &evolution;
  llvm::BasicBlock &body;
  const llvm::DataLayout &layout;

  struct Induction {
    llvm::PHINode *phi;
    uint64_t step; ///< in the arithmetic of its type
  };
  SmallVector<Induction, 4> inductions;
  SmallVector<llvm::PHINode *, 4> recurrences;
  SmallVector<llvm::StoreInst *, 8> stores;
  llvm::DenseMap<const llvm::Instruction *, unsigned> position;
  const llvm::SCEV *turnsMinusOne = nullptr;
};

/// The attempt to see the body as \p factor copies.
class Copies {
public:
  Copies(UnrolledLoop &unrolled, unsigned factor);

  bool match();
  void roll();

private:
  using Key = std::pair<llvm::Value *, unsigned>;

  bool isShared(llvm::Value *leaf) const {
    return !u.contains(leaf) || rolledSteps.contains(leaf);
  }
  /// What the rolled loop adds to a sum from one turn to the next.
  uint64_t stepOf(const Linear &sum) const;
  std::pair<Linear, uint64_t> byTurns(const Linear &sum) const;

  bool match(llvm::Value *first, llvm::Value *other, unsigned copy);
  bool matchSum(const Linear &first, const Linear &other, unsigned copy);
  bool matchTerms(const Linear &first, const Linear &other, uint64_t distance,
                  unsigned copy);
  bool differBy(llvm::Value *first, llvm::Value *other, uint64_t distance);
  bool matchOperation(llvm::Instruction *first, llvm::Instruction *other,
                      unsigned copy);
  bool matchAddress(llvm::Value *first, llvm::Value *other, unsigned copy);
  bool matchRecurrences();
  bool leaves(llvm::PHINode *recurrence, unsigned copy, llvm::Value *value);
  llvm::Value *guessNext(llvm::PHINode *recurrence) const;
  void rollBack(size_t mark);

  bool collectTemplate();
  bool keepsOrder() const;
  bool findLiveOuts();

  llvm::Value *valueAtExit(llvm::IRBuilder<> &b, const Linear &sum,
                           llvm::Type *type);

  UnrolledLoop &u;
  const unsigned factor;
  unsigned budget;
  llvm::DenseMap<llvm::Value *, uint64_t> rolledSteps;
  /// The instruction that is the first copy's counterpart in another copy.
  llvm::DenseMap<Key, llvm::Value *> counterparts;
  /// What each copy leaves of each recurrence.
  llvm::DenseMap<Key, llvm::Value *> left;
  SmallVector<std::pair<bool, Key>, 32> trail; ///< true: of `left`
  /// The first copy, in the order of the block.
  llvm::SetVector<llvm::Instruction *> body;
  SmallVector<std::pair<llvm::Instruction *, llvm::Value *>, 4> liveOuts;
};
} // namespace

// The loop.

/// Whether the phi is there for the loop's end alone, which rolling replaces.
bool UnrolledLoop::onlyCounts(const llvm::PHINode &phi) const {
  auto *branch = llvm::dyn_cast<llvm::BranchInst>(body.getTerminator());
  if (!branch || !branch->isConditional() ||
      !branch->getCondition()->hasOneUse())
    return false;
  const llvm::Value *next = phi.getIncomingValueForBlock(&body);
  return phi.hasOneUser() && *phi.user_begin() == next &&
         llvm::all_of(next->users(), [&](const llvm::User *user) {
           return user == &phi || (user == branch->getCondition() &&
                                   llvm::isa<llvm::ICmpInst>(user));
         });
}

bool UnrolledLoop::analyze() {
  constexpr unsigned maxInstructions = 1000;
  if (loop.getNumBlocks() != 1 || body.size() > maxInstructions ||
      llvm::getBooleanLoopAttribute(&loop, "llvm.loop.isvectorized"))
    return false;
  for (llvm::PHINode &phi : body.phis()) {
    if (onlyCounts(phi))
      continue;
    llvm::Type *type = phi.getType();
    if (type->isIntegerTy() && type->getIntegerBitWidth() <= 64) {
      Linear next = Linear::of(nextOf(&phi));
      if (next.terms.size() == 1 && next.terms[0].leaf == &phi &&
          next.terms[0].coefficient == 1) {
        inductions.push_back({&phi, next.constant});
        continue;
      }
    }
    recurrences.push_back(&phi);
  }
  if (inductions.empty())
    return false;
  for (llvm::Instruction &instruction : body) {
    position[&instruction] = position.size();
    if (auto *store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) {
      if (!store->isSimple() || !isGuarded(*store))
        return false;
      stores.push_back(store);
    } else if (auto *load = llvm::dyn_cast<llvm::LoadInst>(&instruction)) {
      if (!load->isSimple() || !isGuarded(*load))
        return false;
    } else if (!instruction.isTerminator() &&
               (instruction.mayReadOrWriteMemory() ||
                instruction.mayHaveSideEffects())) {
      return false;
    }
  }
  if (stores.empty() && recurrences.empty())
    return false;
  turnsMinusOne = countTurns(loop, evolution);
  return turnsMinusOne;
}

static std::pair<llvm::Value *, uint64_t>
accessed(const llvm::Instruction *access, const llvm::DataLayout &layout) {
  return {
      const_cast<llvm::Value *>(llvm::getLoadStorePointerOperand(access)),
      layout.getTypeStoreSize(llvm::getLoadStoreType(access)).getFixedValue()};
}

/// Whether two accesses of one turn may touch the same byte.
bool UnrolledLoop::mayOverlap(const llvm::Instruction *one,
                              const llvm::Instruction *other) const {
  auto [onePointer, oneBytes] = accessed(one, layout);
  auto [otherPointer, otherBytes] = accessed(other, layout);
  LinearAddress a = LinearAddress::of(onePointer, layout),
                b = LinearAddress::of(otherPointer, layout);
  llvm::Value *aGuest = a.guestAddress(), *bGuest = b.guestAddress();
  constexpr uint64_t maxOffset = uint64_t(1) << 32;
  if (a.base != b.base || !aGuest || !bGuest || a.offset.constant > maxOffset ||
      b.offset.constant > maxOffset)
    return true;

  // A constant distance in 32 bits is one of two in 64.
  Linear distance(32);
  distance.add(aGuest);
  distance.add(bGuest, distance.cut(-1));
  if (distance.terms.empty()) {
    int64_t upwards = static_cast<int64_t>(
        distance.constant + a.offset.constant - b.offset.constant);
    auto isClear = [&](int64_t bytes) {
      return bytes >= static_cast<int64_t>(otherBytes) ||
             -bytes >= static_cast<int64_t>(oneBytes);
    };
    return !isClear(upwards) || !isClear(upwards - (int64_t(1) << 32));
  }

  auto range = [&](llvm::Value *guest, uint64_t offset) {
    llvm::ConstantRange bytes =
        evolution.getUnsignedRange(evolution.getSCEV(guest));
    return std::pair(bytes.getUnsignedMin().getZExtValue() + offset,
                     bytes.getUnsignedMax().getZExtValue() + offset);
  };
  auto [aFirst, aLast] = range(aGuest, a.offset.constant);
  auto [bFirst, bLast] = range(bGuest, b.offset.constant);
  return aFirst < bLast + otherBytes && bFirst < aLast + oneBytes;
}

// The copies.

Copies::Copies(UnrolledLoop &unrolled, unsigned factor)
    : u(unrolled), factor(factor), budget(50 * u.body.size()) {
  for (const auto &[phi, step] : u.inductions) {
    unsigned bits = phi->getType()->getIntegerBitWidth();
    int64_t part = Linear(bits).asSigned(step) / static_cast<int64_t>(factor);
    rolledSteps[phi] = Linear(bits).cut(part);
  }
  for (llvm::PHINode *phi : u.recurrences)
    left[{phi, factor - 1}] = u.nextOf(phi);
}

uint64_t Copies::stepOf(const Linear &sum) const {
  uint64_t step = 0;
  for (const auto &[leaf, coefficient] : sum.terms)
    step += coefficient * rolledSteps.lookup(leaf);
  return sum.cut(step);
}

void Copies::rollBack(size_t mark) {
  while (trail.size() > mark) {
    auto [isLeft, key] = trail.pop_back_val();
    (isLeft ? left : counterparts).erase(key);
  }
}

/// Whether \p other is in copy \p copy what \p first is in copy 0.
bool Copies::match(llvm::Value *first, llvm::Value *other, unsigned copy) {
  if (budget == 0)
    return false;
  --budget;
  if (first->getType() != other->getType())
    return false;
  auto *phi = llvm::dyn_cast<llvm::PHINode>(first);
  if (phi && u.contains(phi) && !rolledSteps.contains(phi))
    return leaves(phi, copy - 1, other);
  if (llvm::Value *known = counterparts.lookup({first, copy}))
    return known == other;
  if (!u.contains(first) && first == other)
    return true;

  auto *firstOperation = llvm::dyn_cast<llvm::Instruction>(first);
  auto *otherOperation = llvm::dyn_cast<llvm::Instruction>(other);
  bool areOperations = u.contains(first) && u.contains(other);
  llvm::Type *type = first->getType();
  if (!type->isIntegerTy() || type->getIntegerBitWidth() > 64)
    return areOperations &&
           matchOperation(firstOperation, otherOperation, copy);

  Linear firstSum = Linear::of(first), otherSum = Linear::of(other);
  bool isKnown = llvm::all_of(firstSum.terms, [&](const Linear::Term &term) {
    return isShared(term.leaf);
  });
  if (isKnown)
    return matchSum(firstSum, otherSum, copy) ||
           differBy(first, other, firstSum.cut(copy * stepOf(firstSum)));
  size_t mark = trail.size();
  if (areOperations && matchOperation(firstOperation, otherOperation, copy))
    return true;
  rollBack(mark);
  bool isOneLeaf =
      firstSum.terms.size() == 1 && firstSum.terms[0].leaf == first;
  return !isOneLeaf && matchSum(firstSum, otherSum, copy);
}

/// The sum without its inductions: what they begin with in their place, and by
/// how much they let it grow from turn to turn.
std::pair<Linear, uint64_t> Copies::byTurns(const Linear &sum) const {
  Linear start(sum.bits);
  start.constant = sum.constant;
  uint64_t step = 0;
  for (const auto &[leaf, coefficient] : sum.terms) {
    auto *induction = llvm::find_if(
        u.inductions, [leaf = leaf](const UnrolledLoop::Induction &known) {
          return known.phi == leaf;
        });
    if (induction == u.inductions.end()) {
      start.add(leaf, coefficient);
      continue;
    }
    start.add(u.startOf(induction->phi), coefficient);
    step += coefficient * induction->step;
  }
  return {start, sum.cut(step)};
}

bool Copies::matchSum(const Linear &first, const Linear &other, unsigned copy) {
  uint64_t distance = first.cut(copy * stepOf(first));
  size_t mark = trail.size();
  if (matchTerms(first, other, distance, copy))
    return true;
  rollBack(mark);
  auto [firstStart, firstStep] = byTurns(first);
  auto [otherStart, otherStep] = byTurns(other);
  return firstStep == otherStep &&
         matchTerms(firstStart, otherStart, distance, copy);
}

/// Whether the sums have the same terms and are \p distance apart.
bool Copies::matchTerms(const Linear &first, const Linear &other,
                        uint64_t distance, unsigned copy) {
  SmallVector<Linear::Term, 4> firstRest, otherRest;
  for (const Linear::Term &term : first.terms) {
    if (!isShared(term.leaf))
      firstRest.push_back(term);
    else if (other.coefficientOf(term.leaf) != term.coefficient)
      return false;
  }
  for (const Linear::Term &term : other.terms) {
    if (!isShared(term.leaf))
      otherRest.push_back(term);
    else if (first.coefficientOf(term.leaf) == 0)
      return false;
  }
  if (firstRest.size() != otherRest.size() ||
      other.cut(other.constant - first.constant) != distance)
    return false;
  for (auto [mine, its] : llvm::zip(firstRest, otherRest))
    if (mine.coefficient != its.coefficient ||
        !match(mine.leaf, its.leaf, copy))
      return false;
  return true;
}

/// For what an outer loop's turns have made equal: a pointer that it moves, and
/// an index that it counts.
bool Copies::differBy(llvm::Value *first, llvm::Value *other,
                      uint64_t distance) {
  if (first->getType() != other->getType())
    return false;
  auto *known = llvm::dyn_cast<llvm::SCEVConstant>(u.evolution.getMinusSCEV(
      u.evolution.getSCEV(other), u.evolution.getSCEV(first)));
  return known && known->getAPInt() == distance;
}

bool Copies::matchOperation(llvm::Instruction *first, llvm::Instruction *other,
                            unsigned copy) {
  if (llvm::isa<llvm::PHINode>(first) || !first->isSameOperationAs(other) ||
      first->getNumOperands() != other->getNumOperands())
    return false;
  auto isMatch = [&](unsigned mine, unsigned its) {
    llvm::Value *firstOperand = first->getOperand(mine);
    llvm::Value *otherOperand = other->getOperand(its);
    bool isAddress = firstOperand == llvm::getLoadStorePointerOperand(first);
    return isAddress ? matchAddress(firstOperand, otherOperand, copy)
                     : match(firstOperand, otherOperand, copy);
  };
  size_t mark = trail.size();
  bool isSame = true;
  for (unsigned i = 0; isSame && i < first->getNumOperands(); ++i)
    isSame = isMatch(i, i);
  if (!isSame && first->isCommutative() && first->getNumOperands() == 2) {
    rollBack(mark);
    isSame = isMatch(0, 1) && isMatch(1, 0);
  }
  if (!isSame)
    return false;
  counterparts[{first, copy}] = other;
  trail.push_back({false, {first, copy}});
  return true;
}

/// See "Addresses" above.
bool Copies::matchAddress(llvm::Value *first, llvm::Value *other,
                          unsigned copy) {
  if (first == other && !u.contains(first))
    return true;
  LinearAddress a = LinearAddress::of(first, u.layout),
                b = LinearAddress::of(other, u.layout);
  llvm::Value *aGuest = a.guestAddress(), *bGuest = b.guestAddress();
  if (a.base != b.base || u.contains(a.base) || !aGuest || !bGuest)
    return false;
  int64_t moved = b.offset.constant - a.offset.constant;
  if (moved == 0)
    return match(aGuest, bGuest, copy);
  constexpr int64_t maxMoved = 32 << 10;
  Linear aSum = Linear::of(aGuest), bSum = Linear::of(bGuest);
  int64_t step = aSum.asSigned(stepOf(aSum));
  bool isKnown = llvm::all_of(aSum.terms, [&](const Linear::Term &term) {
    return isShared(term.leaf);
  });
  int64_t addressMoved = aSum.asSigned(aSum.cut(bSum.constant - aSum.constant));
  if (!isKnown || moved <= -maxMoved || moved >= maxMoved || step < 0 ||
      step * factor >= maxMoved || addressMoved < 0 || addressMoved >= maxMoved)
    return false;
  bSum.constant = bSum.cut(bSum.constant + moved);
  return matchSum(aSum, bSum, copy);
}

/// Copy \p copy leaves \p value as the recurrence's next.
bool Copies::leaves(llvm::PHINode *recurrence, unsigned copy,
                    llvm::Value *value) {
  auto [known, isNew] = left.try_emplace({recurrence, copy}, value);
  if (isNew)
    trail.push_back({true, {recurrence, copy}});
  return known->second == value;
}

/// What the first copy leaves, if the roots do not tell: what lies between a
/// recurrence and its next value is as many equal pieces as there are copies.
llvm::Value *Copies::guessNext(llvm::PHINode *recurrence) const {
  llvm::SmallPtrSet<llvm::Value *, 32> reached{recurrence};
  SmallVector<llvm::Instruction *, 32> chain;
  llvm::SmallPtrSet<llvm::Value *, 32> needed{u.nextOf(recurrence)};
  for (llvm::Instruction &instruction : llvm::reverse(u.body))
    if (needed.contains(&instruction) && !llvm::isa<llvm::PHINode>(instruction))
      needed.insert_range(instruction.operand_values());
  for (llvm::Instruction &instruction : u.body) {
    if (llvm::isa<llvm::PHINode>(instruction) ||
        !llvm::any_of(instruction.operand_values(), [&](llvm::Value *operand) {
          return reached.contains(operand);
        }))
      continue;
    reached.insert(&instruction);
    if (needed.contains(&instruction))
      chain.push_back(&instruction);
  }
  if (chain.empty() || chain.size() % factor != 0)
    return nullptr;
  return chain[chain.size() / factor - 1];
}

/// Shows that what each copy leaves of each recurrence corresponds.
bool Copies::matchRecurrences() {
  for (size_t before = SIZE_MAX; before != trail.size();) {
    before = trail.size();
    for (llvm::PHINode *phi : u.recurrences) {
      llvm::Value *first = left.lookup({phi, 0});
      for (unsigned copy = factor - 1; first && copy > 0; --copy)
        if (llvm::Value *next = left.lookup({phi, copy}))
          if (!match(first, next, copy))
            return false;
    }
    if (before != trail.size())
      continue;
    for (llvm::PHINode *phi : u.recurrences)
      if (!left.lookup({phi, 0})) {
        llvm::Value *guess = guessNext(phi);
        if (!guess || !leaves(phi, 0, guess))
          return false;
        break;
      }
  }
  for (llvm::PHINode *phi : u.recurrences)
    for (unsigned copy = 0; copy < factor; ++copy)
      if (!left.lookup({phi, copy}))
        return false;
  return true;
}

bool Copies::match() {
  for (const auto &[phi, step] : u.inductions) {
    Linear arithmetic(phi->getType()->getIntegerBitWidth());
    if (arithmetic.asSigned(step) % static_cast<int64_t>(factor) != 0)
      return false;
  }
  if (u.stores.size() % factor != 0)
    return false;
  size_t group = u.stores.size() / factor;
  for (unsigned copy = 1; copy < factor; ++copy)
    for (size_t i = 0; i < group; ++i)
      if (!matchOperation(u.stores[i], u.stores[copy * group + i], copy))
        return false;
  return matchRecurrences() && collectTemplate() && keepsOrder() &&
         findLiveOuts();
}

bool Copies::collectTemplate() {
  llvm::SmallPtrSet<llvm::Value *, 32> needed;
  needed.insert_range(ArrayRef(u.stores).take_front(u.stores.size() / factor));
  for (llvm::PHINode *phi : u.recurrences)
    needed.insert(left.lookup({phi, 0}));
  for (llvm::Instruction &instruction : llvm::reverse(u.body))
    if (needed.contains(&instruction) && !llvm::isa<llvm::PHINode>(instruction))
      needed.insert_range(instruction.operand_values());
  for (llvm::Instruction &instruction : u.body)
    if (needed.contains(&instruction) && !llvm::isa<llvm::PHINode>(instruction))
      body.insert(&instruction);
  return true;
}

bool Copies::keepsOrder() const {
  auto in = [&](llvm::Instruction *first, unsigned copy) {
    return copy == 0 ? first
                     : llvm::cast_or_null<llvm::Instruction>(
                           counterparts.lookup({first, copy}));
  };
  for (llvm::Instruction *load : body) {
    if (!llvm::isa<llvm::LoadInst>(load))
      continue;
    for (unsigned copy = 0; copy < factor; ++copy) {
      llvm::Instruction *loadNow = in(load, copy);
      if (!loadNow)
        return false;
      for (auto [index, storeNow] : llvm::enumerate(u.stores)) {
        size_t group = u.stores.size() / factor;
        std::pair loadThen(copy, u.position.at(load));
        std::pair storeThen(unsigned(index / group),
                            u.position.at(u.stores[index % group]));
        bool isBeforeNow = u.position.at(loadNow) < u.position.at(storeNow);
        if (isBeforeNow != (loadThen < storeThen) &&
            u.mayOverlap(loadNow, storeNow))
          return false;
      }
    }
  }
  return true;
}

/// What is used behind the loop must be something that the rolled loop has.
bool Copies::findLiveOuts() {
  for (llvm::Instruction &instruction : u.body) {
    if (llvm::all_of(instruction.users(),
                     [&](llvm::User *user) { return u.contains(user); }))
      continue;
    llvm::Value *rolled = nullptr;
    for (llvm::PHINode *phi : u.recurrences)
      if (left.lookup({phi, factor - 1}) == &instruction)
        rolled = left.lookup({phi, 0});
    for (llvm::Instruction *first : body)
      if (!rolled && counterparts.lookup({first, factor - 1}) == &instruction)
        rolled = first;
    if (!rolled) {
      llvm::Type *type = instruction.getType();
      if (!type->isIntegerTy() || type->getIntegerBitWidth() > 64 ||
          !llvm::all_of(
              Linear::of(&instruction).terms,
              [&](const Linear::Term &term) { return isShared(term.leaf); }))
        return false;
    }
    liveOuts.push_back({&instruction, rolled});
  }
  return true;
}

// Rolling.

/// Lets the loop end by a counter from 0 up, after \p factor times as many
/// turns as now.
static void countUp(llvm::Loop &loop, llvm::ScalarEvolution &evolution,
                    const llvm::SCEV *turnsMinusOne, unsigned factor) {
  llvm::BasicBlock *before = loop.getLoopPreheader();
  auto *branch =
      llvm::cast<llvm::BranchInst>(loop.getLoopLatch()->getTerminator());
  llvm::IRBuilder<> b(branch);
  llvm::Type *type = b.getInt64Ty();
  const llvm::SCEV *turns = evolution.getMulExpr(
      evolution.getAddExpr(
          evolution.getTruncateOrZeroExtend(turnsMinusOne, type),
          evolution.getOne(type), llvm::SCEV::FlagNUW),
      evolution.getConstant(type, factor), llvm::SCEV::FlagNUW);
  llvm::SCEVExpander expander(evolution, "turns");
  llvm::Value *count =
      expander.expandCodeFor(turns, type, before->getTerminator());

  auto *counter =
      llvm::PHINode::Create(type, 2, "counter", loop.getHeader()->begin());
  llvm::Value *next = b.CreateAdd(counter, b.getInt64(1), "next",
                                  /*HasNUW=*/true, /*HasNSW=*/true);
  counter->addIncoming(b.getInt64(0), before);
  counter->addIncoming(next, loop.getLoopLatch());
  if (branch->getSuccessor(0) != loop.getHeader())
    branch->swapSuccessors();
  branch->setCondition(b.CreateICmpNE(next, count));
}

/// The sum's value in the last turn of the unrolled loop, computed in the last
/// turn of the rolled one, where the inductions' next values are the same.
llvm::Value *Copies::valueAtExit(llvm::IRBuilder<> &b, const Linear &sum,
                                 llvm::Type *type) {
  uint64_t constant = sum.constant;
  llvm::Value *value = nullptr;
  for (auto [leaf, coefficient] : sum.terms) {
    for (const auto &[phi, step] : u.inductions)
      if (leaf == phi) {
        constant -= coefficient * step;
        leaf = u.nextOf(phi);
        break;
      }
    auto *factorHere = llvm::ConstantInt::get(type, sum.cut(coefficient));
    llvm::Value *part = b.CreateMul(leaf, factorHere);
    value = value ? b.CreateAdd(value, part) : part;
  }
  auto *rest = llvm::ConstantInt::get(type, sum.cut(constant));
  return value ? b.CreateAdd(value, rest) : rest;
}

/// A flag may hold for the first copy alone, and a sum written as an `or` is
/// none in the others.
static void forgetFirstCopy(llvm::Instruction *instruction) {
  if (auto *disjoint = llvm::dyn_cast<llvm::PossiblyDisjointInst>(instruction);
      disjoint && disjoint->isDisjoint()) {
    auto *sum = llvm::BinaryOperator::CreateAdd(disjoint->getOperand(0),
                                                disjoint->getOperand(1), "",
                                                disjoint->getIterator());
    disjoint->replaceAllUsesWith(sum);
    disjoint->eraseFromParent();
    return;
  }
  // An address is a base and a number of at most 33 bits in every copy.
  if (!llvm::isa<llvm::GetElementPtrInst>(instruction))
    instruction->dropPoisonGeneratingAnnotations();
}

void Copies::roll() {
  auto *branch = llvm::cast<llvm::BranchInst>(u.body.getTerminator());
  llvm::IRBuilder<> b(branch);
  llvm::SmallPtrSet<llvm::Instruction *, 32> kept(body.begin(), body.end());
  SmallVector<llvm::Instruction *, 32> old;
  for (llvm::Instruction &instruction : u.body)
    if (!llvm::isa<llvm::PHINode>(instruction) &&
        !kept.contains(&instruction) && &instruction != branch)
      old.push_back(&instruction);

  countUp(u.loop, u.evolution, u.turnsMinusOne, factor);
  SmallVector<Linear, 4> sums;
  for (auto [instruction, rolled] : liveOuts)
    sums.push_back(rolled ? Linear(64) : Linear::of(instruction));
  for (const auto &[phi, step] : u.inductions)
    phi->setIncomingValueForBlock(
        &u.body, b.CreateAdd(phi, llvm::ConstantInt::get(phi->getType(),
                                                         rolledSteps.at(phi))));
  for (llvm::PHINode *phi : u.recurrences)
    phi->setIncomingValueForBlock(&u.body, left.lookup({phi, 0}));
  // What takes one's place may be another: all uses are found first.
  SmallVector<std::pair<llvm::Use *, llvm::Value *>, 8> replaced;
  for (auto [liveOut, sum] : llvm::zip(liveOuts, sums)) {
    auto [instruction, rolled] = liveOut;
    llvm::Value *value =
        rolled ? rolled : valueAtExit(b, sum, instruction->getType());
    for (llvm::Use &use : instruction->uses())
      if (!u.contains(use.getUser()))
        replaced.push_back({&use, value});
  }
  for (auto [use, value] : replaced)
    use->set(value);
  for (llvm::Instruction *instruction : llvm::reverse(old)) {
    instruction->replaceAllUsesWith(
        llvm::PoisonValue::get(instruction->getType()));
    instruction->eraseFromParent();
  }
  for (llvm::Instruction *instruction : body)
    forgetFirstCopy(instruction);

  llvm::addStringMetadataToLoop(&u.loop, rolledMark.data(), factor);
  u.evolution.forgetLoop(&u.loop);
  u.evolution.forgetBlockAndLoopDispositions();
}

/// Whether the loop's end is told by a counter that begins at a number that may
/// be negative: widened to 64 bits, its comparison is one of the lower half,
/// and no later pass sees a trip count any more.
static bool hidesTripCount(llvm::Loop &loop, llvm::ScalarEvolution &evolution) {
  auto *branch =
      llvm::dyn_cast<llvm::BranchInst>(loop.getLoopLatch()->getTerminator());
  auto *end = branch && branch->isConditional()
                  ? llvm::dyn_cast<llvm::ICmpInst>(branch->getCondition())
                  : nullptr;
  if (!end || !end->getOperand(0)->getType()->isIntegerTy(32))
    return false;
  return llvm::any_of(end->operands(), [&](llvm::Value *operand) {
    auto *sum =
        llvm::dyn_cast<llvm::SCEVAddRecExpr>(evolution.getSCEV(operand));
    return sum && sum->getLoop() == &loop &&
           !evolution.isKnownNonNegative(sum->getStart());
  });
}

static bool roll(llvm::Loop &loop, llvm::ScalarEvolution &evolution) {
  UnrolledLoop unrolled(loop, evolution);
  if (!unrolled.analyze())
    return false;
  constexpr unsigned maxFactor = 16;
  for (unsigned factor = maxFactor; factor >= 2; --factor) {
    Copies copies(unrolled, factor);
    if (copies.match()) {
      copies.roll();
      return true;
    }
  }
  return false;
}

static bool rebase(llvm::Loop &loop, llvm::ScalarEvolution &evolution) {
  if (!loop.isInnermost() || !loop.getLoopLatch() ||
      !hidesTripCount(loop, evolution))
    return false;
  const llvm::SCEV *turnsMinusOne = countTurns(loop, evolution);
  if (!turnsMinusOne)
    return false;
  countUp(loop, evolution, turnsMinusOne, /*factor=*/1);
  evolution.forgetLoop(&loop);
  return true;
}

llvm::PreservedAnalyses
RerollPass::run(llvm::Loop &loop, llvm::LoopAnalysisManager &,
                llvm::LoopStandardAnalysisResults &analyses,
                llvm::LPMUpdater &) {
  bool isChanged = writeAlike(loop, analyses.SE);
  isChanged |=
      roll(loop, analyses.SE) || (rebases && rebase(loop, analyses.SE));
  if (!isChanged)
    return llvm::PreservedAnalyses::all();
  return llvm::getLoopPassPreservedAnalyses();
}
