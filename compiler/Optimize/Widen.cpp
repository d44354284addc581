// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Widens loops over 128-bit vectors.
//
// A module compiled with vectors has loops that LLVM's vectorizer leaves alone,
// as they have vectors already: of 128 bits, whatever the machine has. Such a
// loop, of one block, gets another one in front, whose turn is N turns of it
// (2 for registers of 256 bits, 4 for 512). Each value of the body becomes N
// values, of the N turns, one behind the other in a wide vector:
//
// - Loads and stores must move on by their own size with every turn, so that
//   those of N turns are one access, of the same bytes.
// - What is computed lane by lane is computed in wide lanes, floating point
//   included: no lane sees another operand than before. A shuffle within a turn
//   is the same shuffle within each part.
// - A phi that keeps a value for the next turn: the last part of the previous
//   wide value, and all but the last of this one.
// - An integer phi to which every turn adds (or, and, xor, …) is N partial
//   results, which are joined behind the loop. Nothing else may read it.
// - A vector phi to which every turn adds the same vector counts: its parts
//   begin one such step apart, and N steps are added.
// - Addresses are computed of the first of the N turns, from inductions, phis
//   to which each turn adds a constant.
//
// Everything else is a reason to leave the loop alone, and all is known before
// anything is changed. The loop itself stays as it is and does the turns that
// are left, or all of them: if there are too few, or if one of the assumptions
// fails which LLVM's analysis of accesses made (arrays that do not overlap,
// addresses that do not wrap in 32 bits). They are tested once, in front. That
// analysis also knows how many turns may change places with each other, as for
// LLVM's own vectorizer: an instruction is done for N turns before the next.
// A trap is one that the same turns had, but stores of the N turns before it
// may be missing.

#include "Optimize/Widen.h"
#include "Optimize/Linear.h"
#include "Optimize/TripCount.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/LoopAccessAnalysis.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/Analysis/VectorUtils.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"
#include "llvm/Transforms/Utils/LoopUtils.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

using namespace moat;

static constexpr llvm::StringLiteral vectorizedMark = "llvm.loop.isvectorized";

namespace {
/// The loop, and what is known of it.
class NarrowLoop {
public:
  NarrowLoop(llvm::Loop &loop, llvm::LoopInfo &loops,
             llvm::ScalarEvolution &evolution, llvm::DominatorTree &dominators,
             const llvm::TargetTransformInfo &target)
      : loop(loop), loops(loops), evolution(evolution), dominators(dominators),
        target(target), body(*loop.getHeader()), assumed(evolution, loop) {}

  /// Shows that it can be widened to registers of \p registerBits.
  bool analyze(uint64_t registerBits, llvm::LoopAccessInfoManager &accesses);

  bool isInvariant(const llvm::Value *value) const {
    return loop.isLoopInvariant(value);
  }
  llvm::Value *nextOf(llvm::PHINode *phi) const {
    return phi->getIncomingValueForBlock(&body);
  }
  llvm::Value *startOf(llvm::PHINode *phi) const {
    return phi->getIncomingValueForBlock(loop.getLoopPreheader());
  }

  /// Of the phi's type, cut to it.
  static llvm::Constant *number(llvm::PHINode *phi, uint64_t value) {
    llvm::Type *type = phi->getType();
    return llvm::ConstantInt::get(
        type, Linear(type->getIntegerBitWidth()).cut(value));
  }
  bool isWidened(const llvm::LoadInst *load) const {
    return shown.lookup(load);
  }

  llvm::Loop &loop;
  llvm::LoopInfo &loops;
  llvm::ScalarEvolution &evolution;
  llvm::DominatorTree &dominators;
  const llvm::TargetTransformInfo &target;
  llvm::BasicBlock &body;
  /// With what has to hold for the accesses to be consecutive.
  llvm::PredicatedScalarEvolution assumed;
  const llvm::LoopAccessInfo *accesses = nullptr;
  const llvm::SCEV *turnsMinusOne = nullptr;
  unsigned width = 0; ///< turns in one of the wide loop

  enum class Role { Induction, VectorInduction, Reduction, Kept };
  struct Carried {
    Role role;
    uint64_t step = 0;                     ///< of an induction
    llvm::Value *vectorStep = nullptr;     ///< of one of vectors
    unsigned operation = 0, intrinsic = 0; ///< of a reduction
  };
  llvm::SmallMapVector<llvm::PHINode *, Carried, 8> carried;
  /// Sums and addresses that follow from inductions alone.
  llvm::SmallPtrSet<const llvm::Instruction *, 32> places;
  /// What adds to a reduction.
  llvm::SmallPtrSet<const llvm::Instruction *, 8> links;

private:
  bool findParts();
  bool findWidth(uint64_t registerBits);
  Carried roleOf(llvm::PHINode *phi);
  bool findLinks(llvm::PHINode *phi, Carried &reduction);
  llvm::Value *vectorStepOf(llvm::PHINode *phi) const;
  bool isPlace(const llvm::Instruction &instruction) const;
  bool isConsecutive(llvm::Instruction &access);
  bool canWiden(llvm::Value *value);
  bool canWidenOperation(llvm::Instruction &instruction);
  bool canLeave(llvm::Value *value);
  bool canReorder(llvm::LoopAccessInfoManager &infos);

  /// False while it is being shown, to meet cycles.
  llvm::DenseMap<const llvm::Value *, bool> shown;
  llvm::SmallPtrSet<const llvm::Instruction *, 16> loaded;
};

/// Writes the wide loop.
class WideLoop {
public:
  explicit WideLoop(NarrowLoop &narrow)
      : n(narrow), width(narrow.width), b(narrow.body.getContext()),
        before(narrow.body.getContext()) {}

  void write();

private:
  llvm::Type *wideType(llvm::Type *type) const;
  llvm::Value *repeat(llvm::Value *value);
  llvm::Value *part(llvm::IRBuilder<> &at, llvm::Value *wide, llvm::Type *type,
                    unsigned index) const;
  llvm::Value *placed(llvm::Value *value);
  llvm::Value *widened(llvm::Value *value);
  llvm::Value *widenOperation(llvm::Instruction &instruction);
  llvm::Value *widenShuffle(llvm::ShuffleVectorInst &shuffle);
  llvm::Value *widenCall(llvm::CallInst &call);
  llvm::Value *shifted(llvm::PHINode *kept);
  llvm::Value *counted(llvm::Value *start, llvm::Value *step);
  llvm::Value *nextOf(llvm::PHINode *phi);
  llvm::Value *startOf(llvm::PHINode *phi);
  llvm::Value *joined(llvm::IRBuilder<> &at, llvm::PHINode *reduction);
  llvm::Value *atEnd(llvm::IRBuilder<> &at, llvm::PHINode *phi);
  llvm::Value *leaving(llvm::IRBuilder<> &at, llvm::Value *value);

  void writeGuards();
  void writeBody();
  void writeEnd();

  NarrowLoop &n;
  const unsigned width;
  llvm::IRBuilder<> b, before; ///< in the wide loop; in front of it
  llvm::BasicBlock *front = nullptr, *wide = nullptr, *behind = nullptr,
                   *rest = nullptr;
  SmallVector<llvm::BasicBlock *, 2> guards;
  llvm::Value *turns = nullptr, *wideTurns = nullptr;
  llvm::DenseMap<llvm::Value *, llvm::Value *> widePhis, places, values;
  llvm::DenseMap<llvm::PHINode *, llvm::Value *> wideNext; ///< that count
};
} // namespace

// What can be widened.

static bool isWidenable(llvm::Type *type) {
  llvm::Type *lane = type->getScalarType();
  return !llvm::isa<llvm::ScalableVectorType>(type) &&
         (lane->isFloatTy() || lane->isDoubleTy() ||
          (lane->isIntegerTy() && lane->getIntegerBitWidth() <= 64));
}

bool NarrowLoop::isPlace(const llvm::Instruction &instruction) const {
  bool isComputed = llvm::isa<llvm::GetElementPtrInst, llvm::ZExtInst,
                              llvm::SExtInst, llvm::TruncInst>(instruction);
  if (auto *sum = llvm::dyn_cast<llvm::BinaryOperator>(&instruction))
    isComputed = !sum->isIntDivRem() && sum->getType()->isIntegerTy();
  return isComputed && !instruction.getType()->isVectorTy() &&
         llvm::all_of(instruction.operands(), [&](const llvm::Use &operand) {
           auto *inner = llvm::dyn_cast<llvm::Instruction>(operand);
           return isInvariant(operand) || places.contains(inner);
         });
}

/// From the phi to its next value by one kind of operation, none of whose
/// results is read by anything else.
bool NarrowLoop::findLinks(llvm::PHINode *phi, Carried &reduction) {
  if (!phi->getType()->isIntOrIntVectorTy())
    return false;
  SmallVector<const llvm::Instruction *, 8> chain;
  llvm::Instruction *at = phi;
  while (at != nextOf(phi) || chain.empty()) {
    if (!at->hasOneUse())
      return false;
    llvm::Use &use = *at->use_begin();
    auto *link = llvm::cast<llvm::Instruction>(use.getUser());
    unsigned operation = link->getOpcode(), intrinsic = 0;
    switch (operation) {
    case llvm::Instruction::Sub:
      if (use.getOperandNo() != 0)
        return false;
      operation = llvm::Instruction::Add;
      break;
    case llvm::Instruction::Add:
    case llvm::Instruction::And:
    case llvm::Instruction::Or:
    case llvm::Instruction::Xor:
      break;
    case llvm::Instruction::Call:
      intrinsic = llvm::cast<llvm::CallInst>(link)->getIntrinsicID();
      if (!llvm::is_contained({llvm::Intrinsic::smin, llvm::Intrinsic::smax,
                               llvm::Intrinsic::umin, llvm::Intrinsic::umax},
                              intrinsic))
        return false;
      break;
    default:
      return false;
    }
    bool isSame = chain.empty() || (operation == reduction.operation &&
                                    intrinsic == reduction.intrinsic);
    if (link->getParent() != &body || !isSame)
      return false;
    reduction.operation = operation;
    reduction.intrinsic = intrinsic;
    chain.push_back(link);
    at = link;
    // The last one is read by the phi and behind the loop.
    if (at == nextOf(phi))
      break;
  }
  for (llvm::User *user : at->users())
    if (user != phi &&
        llvm::cast<llvm::Instruction>(user)->getParent() == &body)
      return false;
  links.insert_range(chain);
  return true;
}

static llvm::Value *withoutBitCast(llvm::Value *value) {
  auto *cast = llvm::dyn_cast<llvm::BitCastInst>(value);
  return cast ? cast->getOperand(0) : value;
}

/// What every turn adds to a phi of vectors, seen as vectors of some integers,
/// or null.
llvm::Value *NarrowLoop::vectorStepOf(llvm::PHINode *phi) const {
  auto *sum = llvm::dyn_cast<llvm::BinaryOperator>(withoutBitCast(nextOf(phi)));
  if (!sum || sum->getOpcode() != llvm::Instruction::Add ||
      !sum->getType()->isVectorTy() ||
      sum->getType()->getScalarSizeInBits() < 8 ||
      !isWidenable(sum->getType()) || !phi->getType()->isVectorTy())
    return nullptr;
  for (unsigned i : {0, 1})
    if (withoutBitCast(sum->getOperand(i)) == phi &&
        isInvariant(sum->getOperand(1 - i)))
      return sum->getOperand(1 - i);
  return nullptr;
}

NarrowLoop::Carried NarrowLoop::roleOf(llvm::PHINode *phi) {
  llvm::Type *type = phi->getType();
  if (type->isIntegerTy() && type->getIntegerBitWidth() <= 64) {
    Linear next = Linear::of(nextOf(phi));
    if (next.terms.size() == 1 && next.terms[0].leaf == phi &&
        next.terms[0].coefficient == 1)
      return {.role = Role::Induction, .step = next.constant};
  }
  Carried reduction{.role = Role::Reduction};
  if (findLinks(phi, reduction))
    return reduction;
  if (llvm::Value *step = vectorStepOf(phi))
    return {.role = Role::VectorInduction, .vectorStep = step};
  return {.role = Role::Kept};
}

bool NarrowLoop::findParts() {
  constexpr unsigned maxInstructions = 500;
  if (loop.getNumBlocks() != 1 || body.size() > maxInstructions ||
      !loop.isLoopSimplifyForm() || !loop.getUniqueExitBlock() ||
      llvm::getBooleanLoopAttribute(&loop, vectorizedMark))
    return false;
  for (llvm::Instruction &instruction : body) {
    if (llvm::isa<llvm::LoadInst, llvm::StoreInst>(instruction)) {
      auto *load = llvm::dyn_cast<llvm::LoadInst>(&instruction);
      bool isSimple = load
                          ? load->isSimple()
                          : llvm::cast<llvm::StoreInst>(instruction).isSimple();
      if (!isSimple)
        return false;
    } else if (!instruction.isTerminator() &&
               (instruction.mayReadOrWriteMemory() ||
                instruction.mayHaveSideEffects())) {
      return false;
    }
  }
  for (llvm::PHINode &phi : body.phis())
    carried[&phi] = roleOf(&phi);
  for (const auto &[phi, how] : carried)
    if (how.role == Role::Induction)
      places.insert(phi);
  for (llvm::Instruction &instruction : body)
    if (isPlace(instruction))
      places.insert(&instruction);
  turnsMinusOne = countTurns(loop, evolution);
  return turnsMinusOne;
}

/// As many turns as the widest vector fits the registers.
bool NarrowLoop::findWidth(uint64_t registerBits) {
  uint64_t widest = 0;
  for (llvm::Instruction &instruction : body)
    if (instruction.getType()->isVectorTy())
      widest = std::max<uint64_t>(
          widest, instruction.getType()->getPrimitiveSizeInBits());
  if (widest == 0 || registerBits < 2 * widest)
    return false;
  constexpr uint64_t maxWidth = 8;
  width = std::min(maxWidth, llvm::bit_floor(registerBits / widest));
  unsigned known = evolution.getSmallConstantTripCount(&loop);
  return known == 0 || known >= width;
}

bool NarrowLoop::isConsecutive(llvm::Instruction &access) {
  llvm::Value *pointer = llvm::getLoadStorePointerOperand(&access);
  llvm::Type *type = llvm::getLoadStoreType(&access);
  const llvm::DataLayout &layout = body.getDataLayout();
  auto *place = llvm::dyn_cast<llvm::Instruction>(pointer);
  return isWidenable(type) && places.contains(place) &&
         layout.getTypeSizeInBits(type) ==
             layout.getTypeAllocSizeInBits(type) &&
         llvm::getPtrStride(assumed, type, pointer, &loop, dominators,
                            llvm::DenseMap<llvm::Value *, const llvm::SCEV *>(),
                            /*Assume=*/true, /*ShouldCheckWrap=*/false) == 1;
}

bool NarrowLoop::canWiden(llvm::Value *value) {
  if (!isWidenable(value->getType()))
    return false;
  if (isInvariant(value))
    return true;
  auto [known, isNew] = shown.try_emplace(value, false);
  if (!isNew)
    return known->second;
  auto &instruction = llvm::cast<llvm::Instruction>(*value);
  bool can = canWidenOperation(instruction);
  shown[value] = can;
  return can;
}

bool NarrowLoop::canWidenOperation(llvm::Instruction &instruction) {
  auto canWidenAll = [&](auto &&operands) {
    return llvm::all_of(
        operands, [&](llvm::Value *operand) { return canWiden(operand); });
  };
  if (auto *phi = llvm::dyn_cast<llvm::PHINode>(&instruction)) {
    const Carried &how = carried.find(phi)->second;
    return how.role == Role::Reduction || how.role == Role::VectorInduction ||
           (how.role == Role::Kept && canWiden(nextOf(phi)));
  }
  if (llvm::isa<llvm::LoadInst>(instruction))
    return loaded.contains(&instruction);
  if (auto *sum = llvm::dyn_cast<llvm::BinaryOperator>(&instruction))
    return !sum->isIntDivRem() && canWidenAll(sum->operand_values());
  if (auto *select = llvm::dyn_cast<llvm::SelectInst>(&instruction)) {
    llvm::Value *condition = select->getCondition();
    bool isPerLane =
        condition->getType()->isVectorTy() == select->getType()->isVectorTy();
    return (isInvariant(condition) || isPerLane) &&
           canWidenAll(select->operand_values());
  }
  if (auto *extract = llvm::dyn_cast<llvm::ExtractElementInst>(&instruction)) {
    auto *lane = llvm::dyn_cast<llvm::ConstantInt>(extract->getIndexOperand());
    auto *type =
        llvm::dyn_cast<llvm::FixedVectorType>(extract->getVectorOperandType());
    return lane && type && lane->getValue().ult(type->getNumElements()) &&
           canWiden(extract->getVectorOperand());
  }
  if (auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) {
    llvm::Intrinsic::ID id = call->getIntrinsicID();
    if (!llvm::isTriviallyVectorizable(id))
      return false;
    return llvm::all_of(call->args(), [&](const llvm::Use &argument) {
      unsigned index = call->getArgOperandNo(&argument);
      return llvm::isVectorIntrinsicWithScalarOpAtArg(id, index, &target)
                 ? isInvariant(argument)
                 : canWiden(argument);
    });
  }
  return llvm::isa<llvm::UnaryOperator, llvm::CastInst, llvm::CmpInst,
                   llvm::FreezeInst, llvm::ShuffleVectorInst>(instruction) &&
         canWidenAll(instruction.operand_values());
}

/// Whether the value that is used behind the loop is known after the wide one.
bool NarrowLoop::canLeave(llvm::Value *value) {
  if (isInvariant(value))
    return true;
  if (auto *phi = llvm::dyn_cast<llvm::PHINode>(value))
    if (carried.find(phi)->second.role == Role::Reduction)
      return false;
  if (places.contains(llvm::cast<llvm::Instruction>(value)))
    return llvm::any_of(carried, [&](const auto &entry) {
      return entry.second.role == Role::Induction &&
             (value == entry.first || value == nextOf(entry.first));
    });
  return canWiden(value);
}

bool NarrowLoop::canReorder(llvm::LoopAccessInfoManager &infos) {
  constexpr unsigned maxChecks = 8, maxAssumptions = 16;
  accesses = &infos.getInfo(loop);
  if (!accesses->canVectorizeMemory() || accesses->hasConvergentOp() ||
      accesses->getNumRuntimePointerChecks() > maxChecks)
    return false;
  const llvm::MemoryDepChecker &distances = accesses->getDepChecker();
  constexpr uint64_t maxAccessBits = 128;
  if (!distances.isSafeForAnyVectorWidth() &&
      distances.getMaxSafeVectorWidthInBits() < width * maxAccessBits)
    return false;
  assumed.addPredicate(accesses->getPSE().getPredicate());
  return assumed.getPredicate().getComplexity() <= maxAssumptions;
}

bool NarrowLoop::analyze(uint64_t registerBits,
                         llvm::LoopAccessInfoManager &infos) {
  if (!findParts() || !findWidth(registerBits))
    return false;
  for (llvm::Instruction &instruction : body) {
    auto *store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
    if (store && !(isConsecutive(*store) && canWiden(store->getValueOperand())))
      return false;
    if (llvm::isa<llvm::LoadInst>(instruction) && isConsecutive(instruction))
      loaded.insert(&instruction);
  }
  for (const auto &[phi, how] : carried)
    if (how.role != Role::Induction && !canWiden(nextOf(phi)))
      return false;
  for (llvm::PHINode &exit : loop.getUniqueExitBlock()->phis())
    if (!canLeave(exit.getIncomingValueForBlock(&body)))
      return false;
  return canReorder(infos);
}

// The wide loop.

static unsigned lanesOf(llvm::Type *type) {
  auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  return vector ? vector->getNumElements() : 1;
}

llvm::Type *WideLoop::wideType(llvm::Type *type) const {
  return llvm::FixedVectorType::get(type->getScalarType(),
                                    lanesOf(type) * width);
}

/// The same value for each turn, computed in front of the loop.
llvm::Value *WideLoop::repeat(llvm::Value *value) {
  if (!value->getType()->isVectorTy())
    return before.CreateVectorSplat(width, value);
  unsigned lanes = lanesOf(value->getType());
  SmallVector<int, 64> mask;
  for (unsigned i = 0; i < lanes * width; ++i)
    mask.push_back(i % lanes);
  return before.CreateShuffleVector(value, mask);
}

/// The value of the turn \p index.
llvm::Value *WideLoop::part(llvm::IRBuilder<> &at, llvm::Value *value,
                            llvm::Type *type, unsigned index) const {
  if (!type->isVectorTy())
    return at.CreateExtractElement(value, index);
  unsigned lanes = lanesOf(type);
  return at.CreateShuffleVector(
      value, llvm::createSequentialMask(index * lanes, lanes, 0));
}

/// An address, or a part of one, of the first turn.
llvm::Value *WideLoop::placed(llvm::Value *value) {
  if (n.isInvariant(value))
    return value;
  if (llvm::Value *known = places.lookup(value))
    return known;
  auto *copy = llvm::cast<llvm::Instruction>(value)->clone();
  for (llvm::Use &operand : copy->operands())
    operand.set(placed(operand));
  b.Insert(copy);
  places[value] = copy;
  return copy;
}

llvm::Value *WideLoop::widened(llvm::Value *value) {
  llvm::Value *&known = values[value];
  if (known)
    return known;
  llvm::Value *made =
      n.isInvariant(value)
          ? repeat(value)
          : widenOperation(llvm::cast<llvm::Instruction>(*value));
  values[value] = made;
  return made;
}

/// What was kept, of each turn.
llvm::Value *WideLoop::shifted(llvm::PHINode *kept) {
  unsigned lanes = lanesOf(kept->getType());
  return b.CreateShuffleVector(
      widePhis.at(kept), widened(n.nextOf(kept)),
      llvm::createSequentialMask(lanes * (width - 1), lanes * width, 0));
}

llvm::Value *WideLoop::widenShuffle(llvm::ShuffleVectorInst &shuffle) {
  int lanes = lanesOf(shuffle.getOperand(0)->getType());
  SmallVector<int, 64> mask;
  for (int turn = 0; turn < int(width); ++turn)
    for (int lane : shuffle.getShuffleMask())
      mask.push_back(lane < 0       ? lane
                     : lane < lanes ? turn * lanes + lane
                                    : (int(width) + turn - 1) * lanes + lane);
  return b.CreateShuffleVector(widened(shuffle.getOperand(0)),
                               widened(shuffle.getOperand(1)), mask);
}

llvm::Value *WideLoop::widenCall(llvm::CallInst &call) {
  llvm::Intrinsic::ID id = call.getIntrinsicID();
  SmallVector<llvm::Value *, 4> arguments;
  SmallVector<llvm::Type *, 4> types;
  for (auto [index, argument] : llvm::enumerate(call.args())) {
    bool isScalar =
        llvm::isVectorIntrinsicWithScalarOpAtArg(id, index, &n.target);
    arguments.push_back(isScalar ? argument.get() : widened(argument));
    types.push_back(arguments.back()->getType());
  }
  return b.CreateCall(
      llvm::Intrinsic::getOrInsertDeclaration(n.body.getModule(), id,
                                              wideType(call.getType()), types),
      arguments);
}

llvm::Value *WideLoop::widenOperation(llvm::Instruction &instruction) {
  if (auto *phi = llvm::dyn_cast<llvm::PHINode>(&instruction))
    return n.carried.find(phi)->second.role == NarrowLoop::Role::Kept
               ? shifted(phi)
               : widePhis.at(phi);
  if (auto *shuffle = llvm::dyn_cast<llvm::ShuffleVectorInst>(&instruction))
    return widenShuffle(*shuffle);
  if (auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction))
    return widenCall(*call);
  if (auto *cast = llvm::dyn_cast<llvm::CastInst>(&instruction)) {
    llvm::Value *operand = widened(cast->getOperand(0));
    return b.CreateCast(cast->getOpcode(), operand, wideType(cast->getType()));
  }
  if (auto *extract = llvm::dyn_cast<llvm::ExtractElementInst>(&instruction)) {
    unsigned lane = llvm::cast<llvm::ConstantInt>(extract->getIndexOperand())
                        ->getZExtValue();
    llvm::Value *from = widened(extract->getVectorOperand());
    return b.CreateShuffleVector(
        from, llvm::createStrideMask(
                  lane, lanesOf(extract->getVectorOperandType()), width));
  }
  if (auto *compare = llvm::dyn_cast<llvm::CmpInst>(&instruction)) {
    llvm::Value *left = widened(compare->getOperand(0));
    return b.CreateCmp(compare->getPredicate(), left,
                       widened(compare->getOperand(1)));
  }
  if (auto *select = llvm::dyn_cast<llvm::SelectInst>(&instruction)) {
    llvm::Value *condition = select->getCondition();
    if (condition->getType()->isVectorTy() || !n.isInvariant(condition))
      condition = widened(condition);
    llvm::Value *yes = widened(select->getTrueValue());
    return b.CreateSelect(condition, yes, widened(select->getFalseValue()));
  }
  // What has the type of its operands.
  SmallVector<llvm::Value *, 2> operands;
  for (llvm::Value *operand : instruction.operand_values())
    operands.push_back(widened(operand));
  llvm::Instruction *copy = instruction.clone();
  for (auto [index, operand] : llvm::enumerate(operands))
    copy->setOperand(index, operand);
  copy->mutateType(operands.front()->getType());
  // Partial results are not those that the flags speak of.
  if (n.links.contains(&instruction))
    copy->dropPoisonGeneratingAnnotations();
  return b.Insert(copy);
}

/// What a vector induction is in each of the first turns: \p start and no step,
/// one, and so on.
llvm::Value *WideLoop::counted(llvm::Value *start, llvm::Value *step) {
  unsigned lanes = lanesOf(step->getType());
  SmallVector<llvm::Constant *, 64> turns;
  for (unsigned i = 0; i < lanes * width; ++i)
    turns.push_back(
        llvm::ConstantInt::get(step->getType()->getScalarType(), i / lanes));
  llvm::Value *passed =
      before.CreateMul(repeat(step), llvm::ConstantVector::get(turns));
  llvm::Value *first = repeat(before.CreateBitCast(start, step->getType()));
  return before.CreateBitCast(before.CreateAdd(first, passed),
                              wideType(start->getType()));
}

llvm::Value *WideLoop::startOf(llvm::PHINode *phi) {
  const NarrowLoop::Carried &how = n.carried.find(phi)->second;
  llvm::Value *start = n.startOf(phi);
  if (how.role == NarrowLoop::Role::Induction)
    return start;
  if (how.role == NarrowLoop::Role::VectorInduction)
    return counted(start, how.vectorStep);
  llvm::Value *repeated = repeat(start);
  bool isRepeatable = how.role == NarrowLoop::Role::Kept ||
                      how.intrinsic != 0 ||
                      how.operation == llvm::Instruction::And ||
                      how.operation == llvm::Instruction::Or;
  if (isRepeatable)
    return repeated;
  // A sum begins with zero everywhere but in the first turn's part.
  unsigned lanes = lanesOf(phi->getType());
  return before.CreateShuffleVector(
      repeated, llvm::Constant::getNullValue(repeated->getType()), [&] {
        SmallVector<int, 64> mask;
        for (unsigned i = 0; i < lanes * width; ++i)
          mask.push_back(i < lanes ? i : lanes * width + i);
        return mask;
      }());
}

/// The partial results as one.
llvm::Value *WideLoop::joined(llvm::IRBuilder<> &at, llvm::PHINode *phi) {
  const NarrowLoop::Carried &how = n.carried.find(phi)->second;
  llvm::Value *all = values.at(n.nextOf(phi));
  llvm::Value *result = part(at, all, phi->getType(), 0);
  for (unsigned i = 1; i < width; ++i) {
    llvm::Value *next = part(at, all, phi->getType(), i);
    result = how.intrinsic
                 ? at.CreateBinaryIntrinsic(how.intrinsic, result, next)
                 : at.CreateBinOp(llvm::Instruction::BinaryOps(how.operation),
                                  result, next);
  }
  return result;
}

/// The phi's value in front of the first turn that is left.
llvm::Value *WideLoop::atEnd(llvm::IRBuilder<> &at, llvm::PHINode *phi) {
  const NarrowLoop::Carried &how = n.carried.find(phi)->second;
  switch (how.role) {
  case NarrowLoop::Role::Induction: {
    llvm::Type *type = phi->getType();
    llvm::Value *passed = at.CreateMul(at.CreateZExtOrTrunc(wideTurns, type),
                                       n.number(phi, how.step));
    return at.CreateAdd(n.startOf(phi), passed);
  }
  case NarrowLoop::Role::VectorInduction:
    return part(at, wideNext.at(phi), phi->getType(), 0);
  case NarrowLoop::Role::Reduction:
    return joined(at, phi);
  case NarrowLoop::Role::Kept:
    return part(at, values.at(n.nextOf(phi)), phi->getType(), width - 1);
  }
  llvm_unreachable("a role");
}

/// What is used behind the loop, if no turn is left.
llvm::Value *WideLoop::leaving(llvm::IRBuilder<> &at, llvm::Value *value) {
  if (n.isInvariant(value))
    return value;
  for (const auto &[phi, how] : n.carried) {
    bool isSum = how.role == NarrowLoop::Role::Induction ||
                 how.role == NarrowLoop::Role::Reduction;
    if (isSum && value == n.nextOf(phi))
      return atEnd(at, phi);
    if (isSum && value == phi)
      return at.CreateSub(atEnd(at, phi), n.number(phi, how.step));
  }
  return part(at, values.at(value), value->getType(), width - 1);
}

/// Counts turns, tests assumptions.
void WideLoop::writeGuards() {
  llvm::ScalarEvolution &evolution = n.evolution;
  llvm::BasicBlock *first = n.loop.getLoopPreheader();
  llvm::Instruction *end = first->getTerminator();
  llvm::SCEVExpander expander(evolution, "wide");
  llvm::IRBuilder<> at(end);
  llvm::Type *type = at.getInt64Ty();
  turns = expander.expandCodeFor(
      evolution.getAddExpr(
          evolution.getTruncateOrZeroExtend(n.turnsMinusOne, type),
          evolution.getOne(type), llvm::SCEV::FlagNUW),
      type, end);

  const auto &overlaps = n.accesses->getRuntimePointerChecking()->getChecks();
  const llvm::SCEVPredicate &assumed = n.assumed.getPredicate();
  bool isTested = !overlaps.empty() || !assumed.isAlwaysTrue();
  // Tests have to pay.
  uint64_t minTurns = isTested ? 2 * width : width;
  llvm::Value *isShort = at.CreateICmpULT(turns, at.getInt64(minTurns));

  llvm::BasicBlock *second =
      llvm::SplitBlock(first, end, &n.dominators, &n.loops);
  rest = llvm::SplitBlock(second, second->getTerminator(), &n.dominators,
                          &n.loops);
  rest->setName("wide.rest");
  front = second;
  llvm::ReplaceInstWithInst(first->getTerminator(),
                            llvm::BranchInst::Create(rest, second, isShort));
  guards.push_back(first);
  if (!isTested)
    return;

  llvm::Instruction *secondEnd = second->getTerminator();
  llvm::Value *fails = nullptr;
  if (!overlaps.empty())
    fails = llvm::addRuntimeChecks(secondEnd, &n.loop, overlaps, expander);
  if (!assumed.isAlwaysTrue()) {
    llvm::Value *isFalse = expander.expandCodeForPredicate(&assumed, secondEnd);
    llvm::IRBuilder<> tests(secondEnd);
    fails = fails ? tests.CreateOr(fails, isFalse) : isFalse;
  }
  front = llvm::BasicBlock::Create(n.body.getContext(), "wide.front",
                                   n.body.getParent(), rest);
  llvm::BranchInst::Create(rest, front);
  llvm::ReplaceInstWithInst(secondEnd,
                            llvm::BranchInst::Create(rest, front, fails));
  guards.push_back(second);
}

/// What the wide loop hands to its next turn.
llvm::Value *WideLoop::nextOf(llvm::PHINode *phi) {
  const NarrowLoop::Carried &how = n.carried.find(phi)->second;
  llvm::Value *here = widePhis.at(phi);
  switch (how.role) {
  case NarrowLoop::Role::Induction:
    return b.CreateAdd(here, n.number(phi, how.step * width));
  case NarrowLoop::Role::VectorInduction: {
    llvm::Type *type = how.vectorStep->getType();
    llvm::Value *passed = repeat(
        before.CreateMul(how.vectorStep, llvm::ConstantInt::get(type, width)));
    llvm::Value *next =
        b.CreateAdd(b.CreateBitCast(here, passed->getType()), passed);
    return wideNext[phi] = b.CreateBitCast(next, here->getType());
  }
  case NarrowLoop::Role::Reduction:
  case NarrowLoop::Role::Kept:
    return widened(n.nextOf(phi));
  }
  llvm_unreachable("a role");
}

void WideLoop::writeBody() {
  b.SetInsertPoint(wide);
  auto *counter = b.CreatePHI(b.getInt64Ty(), 2, "wide.counter");
  for (const auto &[phi, how] : n.carried) {
    llvm::Value *start = startOf(phi);
    auto *widePhi = b.CreatePHI(start->getType(), 2);
    widePhi->addIncoming(start, front);
    widePhis[phi] = widePhi;
    if (how.role == NarrowLoop::Role::Induction)
      places[phi] = widePhi;
  }
  for (llvm::Instruction &instruction : n.body) {
    auto *load = llvm::dyn_cast<llvm::LoadInst>(&instruction);
    auto *store = llvm::dyn_cast<llvm::StoreInst>(&instruction);
    llvm::Instruction *made = nullptr;
    if (load && n.isWidened(load)) {
      made = b.CreateAlignedLoad(wideType(load->getType()),
                                 placed(load->getPointerOperand()),
                                 load->getAlign());
      values[load] = made;
    } else if (store) {
      llvm::Value *value = widened(store->getValueOperand());
      made = b.CreateAlignedStore(value, placed(store->getPointerOperand()),
                                  store->getAlign());
    }
    if (made)
      made->copyMetadata(instruction, {llvm::LLVMContext::MD_tbaa});
  }
  for (const auto &[phi, how] : n.carried)
    llvm::cast<llvm::PHINode>(widePhis.at(phi))->addIncoming(nextOf(phi), wide);
  for (llvm::PHINode &exit : n.loop.getUniqueExitBlock()->phis()) {
    llvm::Value *value = exit.getIncomingValueForBlock(&n.body);
    auto *instruction = llvm::dyn_cast<llvm::Instruction>(value);
    if (!n.isInvariant(value) && !n.places.contains(instruction))
      widened(value);
  }
  llvm::Value *next = b.CreateAdd(counter, b.getInt64(width), "",
                                  /*HasNUW=*/true, /*HasNSW=*/true);
  counter->addIncoming(b.getInt64(0), front);
  counter->addIncoming(next, wide);
  auto *back = b.CreateCondBr(b.CreateICmpNE(next, wideTurns), wide, behind);
  llvm::LLVMContext &context = n.body.getContext();
  auto *mark = llvm::MDNode::get(
      context, {llvm::MDString::get(context, vectorizedMark),
                llvm::ConstantAsMetadata::get(b.getInt32(1))});
  back->setMetadata(
      llvm::LLVMContext::MD_loop,
      llvm::makePostTransformationMetadata(context, nullptr, {}, {mark}));
}

/// From the wide loop to the turns that are left, or past them.
void WideLoop::writeEnd() {
  llvm::BasicBlock *exit = n.loop.getUniqueExitBlock();
  llvm::IRBuilder<> at(behind);
  for (llvm::PHINode &phi : exit->phis())
    phi.addIncoming(leaving(at, phi.getIncomingValueForBlock(&n.body)), behind);
  for (llvm::PHINode &phi : n.body.phis()) {
    llvm::Value *start = phi.getIncomingValueForBlock(rest);
    llvm::Value *end = atEnd(at, &phi);
    auto *resumed = llvm::PHINode::Create(phi.getType(), 3, "", rest->begin());
    for (llvm::BasicBlock *guard : guards)
      resumed->addIncoming(start, guard);
    resumed->addIncoming(end, behind);
    phi.setIncomingValueForBlock(rest, resumed);
  }
  at.CreateCondBr(at.CreateICmpEQ(turns, wideTurns), exit, rest);
}

void WideLoop::write() {
  llvm::LLVMContext &context = n.body.getContext();
  writeGuards();
  wide = llvm::BasicBlock::Create(context, "wide", n.body.getParent(), rest);
  behind = llvm::BasicBlock::Create(context, "wide.behind", n.body.getParent(),
                                    rest);
  front->getTerminator()->setSuccessor(0, wide);
  before.SetInsertPoint(front->getTerminator());
  wideTurns = before.CreateAnd(turns, before.getInt64(-int64_t(width)));
  writeBody();
  writeEnd();
  llvm::addStringMetadataToLoop(&n.loop, vectorizedMark.data(), 1);
  llvm::addStringMetadataToLoop(&n.loop, "llvm.loop.unroll.runtime.disable");
}

// The pass.

static bool hasVectors(const llvm::Loop &loop) {
  return llvm::any_of(*loop.getHeader(), [](const llvm::Instruction &it) {
    return it.getType()->isVectorTy();
  });
}

/// Widens the first loop that can be, of those that were not \p tried.
static bool widenOne(llvm::Function &function,
                     llvm::FunctionAnalysisManager &analyses,
                     uint64_t registerBits,
                     llvm::SmallPtrSetImpl<llvm::BasicBlock *> &tried) {
  auto &loops = analyses.getResult<llvm::LoopAnalysis>(function);
  for (llvm::Loop *loop : loops.getLoopsInPreorder()) {
    if (loop->getNumBlocks() != 1 || !hasVectors(*loop) ||
        !tried.insert(loop->getHeader()).second)
      continue;
    auto &evolution =
        analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
    auto &dominators =
        analyses.getResult<llvm::DominatorTreeAnalysis>(function);
    auto &assumptions = analyses.getResult<llvm::AssumptionAnalysis>(function);
    llvm::simplifyLoop(loop, &dominators, &loops, &evolution, &assumptions,
                       nullptr, /*PreserveLCSSA=*/false);
    llvm::formLCSSARecursively(*loop, dominators, &loops, &evolution);
    NarrowLoop narrow(*loop, loops, evolution, dominators,
                      analyses.getResult<llvm::TargetIRAnalysis>(function));
    if (!narrow.analyze(registerBits,
                        analyses.getResult<llvm::LoopAccessAnalysis>(function)))
      continue;
    WideLoop(narrow).write();
    return true;
  }
  return false;
}

llvm::PreservedAnalyses
WidenPass::run(llvm::Function &function,
               llvm::FunctionAnalysisManager &analyses) {
  constexpr uint64_t producersBits = 128;
  uint64_t registerBits =
      analyses.getResult<llvm::TargetIRAnalysis>(function)
          .getRegisterBitWidth(llvm::TargetTransformInfo::RGK_FixedWidthVector)
          .getFixedValue();
  if (registerBits <= producersBits)
    return llvm::PreservedAnalyses::all();
  llvm::SmallPtrSet<llvm::BasicBlock *, 16> tried;
  while (widenOne(function, analyses, registerBits, tried))
    analyses.invalidate(function, llvm::PreservedAnalyses::none());
  return tried.empty() ? llvm::PreservedAnalyses::all()
                       : llvm::PreservedAnalyses::none();
}
