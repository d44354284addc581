// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Which accesses of guest memory cannot overlap, by arithmetic.
//
// A guarded memory's bytes are at offsets from 0 up to 2^32 - 65,536 of its
// base (Wasm/Access.h); an access anywhere else traps and touches none. So
// accesses of a and b bytes at offsets x and y overlap only if y - x, cut to 32
// bits, is one of -b + 1 to a - 1. That difference is formed in 32 bits, where
// it is exact whatever wrapped on the way: nothing is assumed of x and y.
//
// A difference that grows by s from turn to turn of a loop comes full circle,
// unless the turns are few enough. They are if an access happens in every turn
// and its offset grows (or falls) by k bytes each time, 0 < k <= 65,536: it
// cannot step over the last 65,536 bytes of 32 bits of address, where it traps.
// So if turn n begins, counted from 0, (n - 1) * k is less than 2^32 - 65,536.
//
// An access can give this fact as long as it is there. LLVM deletes a store
// only where another to the same bytes follows, but a load may go with its
// trap: it gives the fact only for questions about its own address.
//
// The answers change the order of accesses and nothing else: addresses stay as
// they were formed, and reach what they reached before.

#include "Optimize/GuestAlias.h"
#include "Optimize/Linear.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/Instructions.h"
#include <numeric>

using namespace moat;

static constexpr int64_t twoTo32 = int64_t(1) << 32;
/// No guarded memory reaches the last bytes of 32 bits of address.
static constexpr int64_t memoryEnd = twoTo32 - 65536, maxStep = 65536;

/// What a value of 32 bits may be: low, low + stride, and so on up to
/// low + width, give or take a multiple of 2^32.
struct GuestAliasResult::Numbers {
  int64_t low;    ///< of 32 bits, signed
  int64_t width;  ///< a multiple of the stride, below 2^32
  int64_t stride; ///< 0 for one number

  static Numbers of(int64_t low, int64_t width, int64_t stride) {
    if (width >= twoTo32) { // what 2^32 leaves of the stride is known
      stride = std::min(stride & -stride, twoTo32);
      low &= stride - 1;
      width = twoTo32 - stride;
    }
    return {static_cast<int32_t>(low), width, width == 0 ? 0 : stride};
  }
  /// 0, \p step, and so on, \p count steps.
  static Numbers sequence(int64_t step, int64_t count) {
    if (step == 0)
      return {0, 0, 0};
    int64_t stride = std::abs(step);
    if (count > twoTo32 / stride)
      return of(0, twoTo32, stride);
    return of(step < 0 ? step * count : 0, stride * count, stride);
  }

  Numbers operator+(const Numbers &other) const {
    return of(low + other.low, width + other.width,
              std::gcd(stride, other.stride));
  }
  /// \p factor is of 32 bits.
  Numbers operator*(int64_t factor) const {
    if (factor == 0)
      return {0, 0, 0};
    int64_t size = std::abs(factor);
    if (width > twoTo32 / size)
      return of(low * factor, twoTo32, stride * size);
    int64_t first = factor > 0 ? low : low + width;
    return of(first * factor, width * size, stride * size);
  }
  /// Whether one of them may be from \p first to \p last, small numbers.
  bool mayBeWithin(int64_t first, int64_t last) const {
    return hasWithin(first, last) || hasWithin(first + twoTo32, last + twoTo32);
  }

private:
  bool hasWithin(int64_t first, int64_t last) const {
    int64_t next = low;
    if (first > low) {
      if (stride == 0)
        return false;
      next += (first - low + stride - 1) / stride * stride;
    }
    return next <= std::min(last, low + width);
  }
};

/// A question about two locations.
class GuestAliasResult::Query {
public:
  Query(GuestAliasResult &alias, const llvm::MemoryLocation &one,
        const llvm::MemoryLocation &other)
      : alias(alias), evolution(alias.evolution), one(one), other(other) {}

  bool mayOverlap();

private:
  Numbers numbersOf(const llvm::SCEV *value, unsigned depth = 0);
  Numbers rangeOf(const llvm::SCEV *value);
  int64_t mostTurns(const llvm::Loop &loop);

  GuestAliasResult &alias;
  llvm::ScalarEvolution &evolution;
  const llvm::MemoryLocation &one, &other;
};

/// Cut to 32 bits, as far as it is known from the base of the memory.
const llvm::SCEV *GuestAliasResult::offsetOf(llvm::Value *pointer) {
  const llvm::SCEV *offset =
      evolution.removePointerBase(evolution.getSCEV(pointer));
  return evolution.getTruncateExpr(
      offset, llvm::Type::getInt32Ty(pointer->getContext()));
}

/// How many turns of \p loop may follow the first one, if nothing is known of
/// it but that \p access, in the loop, does not trap.
int64_t GuestAliasResult::mostTurns(const llvm::Loop &loop,
                                    const llvm::Instruction &access) {
  constexpr int64_t unknown = std::numeric_limits<int64_t>::max();
  llvm::BasicBlock *latch = loop.getLoopLatch();
  if (!isGuarded(access) || !latch || !loop.contains(access.getParent()) ||
      !tree.dominates(access.getParent(), latch))
    return unknown;
  auto *address = const_cast<llvm::Value *>(
      llvm::getLoadStorePointerOperand(&access)); // the interface of LLVM's
  auto *offset = llvm::dyn_cast_or_null<llvm::SCEVAddRecExpr>(
      address ? offsetOf(address) : nullptr);
  if (!offset || offset->getLoop() != &loop || !offset->isAffine())
    return unknown;
  auto *step =
      llvm::dyn_cast<llvm::SCEVConstant>(offset->getStepRecurrence(evolution));
  if (!step)
    return unknown;
  int64_t size = std::abs(step->getAPInt().getSExtValue());
  return size == 0 || size > maxStep ? unknown : (memoryEnd - 1) / size + 1;
}

/// The same, of all stores in the loop.
int64_t GuestAliasResult::turnsThatStore(const llvm::Loop &loop) {
  auto [known, isNew] =
      storeTurns.try_emplace(&loop, std::numeric_limits<int64_t>::max());
  if (!isNew)
    return known->second;
  int64_t most = known->second;
  for (llvm::BasicBlock *block : loop.blocks())
    for (llvm::Instruction &instruction : *block)
      if (llvm::isa<llvm::StoreInst>(instruction))
        most = std::min(most, mostTurns(loop, instruction));
  storeTurns[&loop] = most;
  return most;
}

int64_t GuestAliasResult::Query::mostTurns(const llvm::Loop &loop) {
  int64_t most = alias.turnsThatStore(loop);
  for (const llvm::Value *pointer : {one.Ptr, other.Ptr})
    for (const llvm::User *user : pointer->users())
      if (auto *load = llvm::dyn_cast<llvm::LoadInst>(user))
        most = std::min(most, alias.mostTurns(loop, *load));
  const llvm::SCEV *turns = evolution.getConstantMaxBackedgeTakenCount(&loop);
  if (auto *constant = llvm::dyn_cast<llvm::SCEVConstant>(turns))
    if (constant->getAPInt().ult(static_cast<uint64_t>(most)))
      most = static_cast<int64_t>(constant->getAPInt().getZExtValue());
  return most;
}

/// Of a value whose parts are not looked at.
GuestAliasResult::Numbers
GuestAliasResult::Query::rangeOf(const llvm::SCEV *value) {
  llvm::ConstantRange unsignedRange = evolution.getUnsignedRange(value),
                      signedRange = evolution.getSignedRange(value);
  int64_t low = unsignedRange.getUnsignedMin().getZExtValue(),
          high = unsignedRange.getUnsignedMax().getZExtValue(),
          signedLow = signedRange.getSignedMin().getSExtValue(),
          signedHigh = signedRange.getSignedMax().getSExtValue();
  if (signedHigh - signedLow < high - low)
    low = signedLow, high = signedHigh;
  int64_t stride = int64_t(1)
                   << std::min(evolution.getMinTrailingZeros(value), 31u);
  low = (low + stride - 1) & -stride;
  high &= -stride;
  return Numbers::of(low, std::max<int64_t>(high - low, 0), stride);
}

GuestAliasResult::Numbers
GuestAliasResult::Query::numbersOf(const llvm::SCEV *value, unsigned depth) {
  constexpr unsigned maxDepth = 8;
  if (depth == maxDepth)
    return rangeOf(value);
  if (auto *constant = llvm::dyn_cast<llvm::SCEVConstant>(value))
    return Numbers::of(constant->getAPInt().getSExtValue(), 0, 0);
  if (auto *sum = llvm::dyn_cast<llvm::SCEVAddExpr>(value)) {
    Numbers total = Numbers::of(0, 0, 0);
    for (const llvm::SCEV *operand : sum->operands())
      total = total + numbersOf(operand, depth + 1);
    return total;
  }
  if (auto *product = llvm::dyn_cast<llvm::SCEVMulExpr>(value))
    if (auto *factor =
            llvm::dyn_cast<llvm::SCEVConstant>(product->getOperand(0));
        factor && product->getNumOperands() == 2)
      return numbersOf(product->getOperand(1), depth + 1) *
             factor->getAPInt().getSExtValue();
  if (auto *recurrence = llvm::dyn_cast<llvm::SCEVAddRecExpr>(value))
    if (auto *step = llvm::dyn_cast<llvm::SCEVConstant>(
            recurrence->getStepRecurrence(evolution));
        step && recurrence->isAffine())
      return numbersOf(recurrence->getStart(), depth + 1) +
             Numbers::sequence(step->getAPInt().getSExtValue(),
                               mostTurns(*recurrence->getLoop()));
  return rangeOf(value);
}

bool GuestAliasResult::Query::mayOverlap() {
  auto *first = const_cast<llvm::Value *>(one.Ptr);
  auto *second = const_cast<llvm::Value *>(other.Ptr);
  if (evolution.getPointerBase(evolution.getSCEV(first)) !=
      evolution.getPointerBase(evolution.getSCEV(second)))
    return true;
  const llvm::SCEV *distance =
      evolution.getMinusSCEV(alias.offsetOf(second), alias.offsetOf(first));
  return numbersOf(distance).mayBeWithin(
      1 - static_cast<int64_t>(other.Size.getValue().getFixedValue()),
      static_cast<int64_t>(one.Size.getValue().getFixedValue()) - 1);
}

static bool isKnown(const llvm::MemoryLocation &location) {
  constexpr uint64_t maxSize = 65536;
  return isGuarded(location.AATags.TBAA) && location.Size.isPrecise() &&
         !location.Size.isScalable() &&
         location.Size.getValue().getFixedValue() <= maxSize;
}

llvm::AliasResult GuestAliasResult::alias(const llvm::MemoryLocation &one,
                                          const llvm::MemoryLocation &other,
                                          llvm::AAQueryInfo &query,
                                          const llvm::Instruction *) {
  // Values of different turns have no difference that SCEV could know.
  if (!isOn || query.MayBeCrossIteration || !isKnown(one) || !isKnown(other) ||
      Query(*this, one, other).mayOverlap())
    return llvm::AliasResult::MayAlias;
  return llvm::AliasResult::NoAlias;
}

bool GuestAliasResult::invalidate(
    llvm::Function &function, const llvm::PreservedAnalyses &preserved,
    llvm::FunctionAnalysisManager::Invalidator &invalidator) {
  return !preserved.getChecker<GuestAlias>().preservedWhenStateless() ||
         invalidator.invalidate<llvm::ScalarEvolutionAnalysis>(function,
                                                               preserved) ||
         invalidator.invalidate<llvm::DominatorTreeAnalysis>(function,
                                                             preserved);
}

llvm::AnalysisKey GuestAlias::Key;

GuestAliasResult GuestAlias::run(llvm::Function &function,
                                 llvm::FunctionAnalysisManager &analyses) {
  return GuestAliasResult(
      isOn, analyses.getResult<llvm::ScalarEvolutionAnalysis>(function),
      analyses.getResult<llvm::DominatorTreeAnalysis>(function));
}
