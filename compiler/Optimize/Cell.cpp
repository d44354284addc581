// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Keeps in a register what a loop has in one place of memory.
//
// In `cell = max(cell, row[k] + column[k])` the cell may be one of the numbers
// that are read, and in `row[k] = min(row[k], cell + other[k])` one of those
// that are written. So it is stored, or loaded, in every turn, and the loop
// does not become vectors. A producer for wasm may also have unrolled it, and
// left a counter in steps of F that ends by `!=`: it meets its end only if the
// distance is a multiple of F, which the code in front sees to, but nothing
// tells. Both are questions for run time. Such a loop, of one block, becomes
//
//   front:   the number of turns; if they are few, to `slow`
//   next:    for each pair of a cell and an access that moves on, the turns in
//            which they overlap, first to last; up to those, or to the end, it
//            goes on with `fast`
//   fast:    the loop with its cells in registers, and a counter of its own
//   behind:  cells are stored
//   slow:    the loop as it was, for the turns that overlap; then to `next`
//
// If what the number of turns assumes does not hold (the distance is odd), or
// it is so large that 32 bits of address come full circle, all turns are slow.
//
// Overlap. A guarded memory's bytes are at offsets from 0 to 2^32 - 65,536 of
// its base (Wasm/Access.h), and an access anywhere else traps and touches none.
// So offsets, cut to 32 bits, tell whether two accesses overlap, whatever
// wrapped on the way. With x the cell's offset and y + k·s the access's in turn
// k, of c and a bytes, they do if x + c - 1 - y - k·s, cut to 32 bits, is below
// c + a - 1: as y + k·s moves up by less than 2^32 in all, those are turns next
// to each other, and two divisions give the first and the last. Downwards it is
// the same with the signs changed.
//
// Traps. A cell is accessed in every turn, or never: it traps in the first turn
// or in none. The fast loop stores it late; so if it stores elsewhere, the cell
// is loaded in front of it, where it traps. After a trap of another access the
// cell may have what it had in front of the loop.
//
// What gains: a cell that is read and written, or read in a loop that stores
// elsewhere, or the result of integers that are added up or compared, which
// vectors can do. Other stores cost little; there the loop stays as it is.

#include "Optimize/Cell.h"
#include "Optimize/Linear.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/LoopSimplify.h"
#include "llvm/Transforms/Utils/LoopUtils.h"
#include "llvm/Transforms/Utils/ScalarEvolutionExpander.h"

using namespace moat;

static constexpr uint64_t twoTo32 = uint64_t(1) << 32;
static constexpr unsigned minTurns = 16; ///< for tests to pay
static constexpr llvm::StringLiteral vectorizedMark = "llvm.loop.isvectorized";

namespace {
/// The accesses that the loop makes at one place.
struct Cell {
  const llvm::SCEV *offset; ///< cut to 32 bits
  llvm::Type *type;
  uint64_t bytes;
  SmallVector<llvm::Instruction *, 4> accesses; ///< in their order
  llvm::StoreInst *lastStore = nullptr;
};

/// Accesses that move on together, side by side in each turn.
struct Strided {
  const llvm::SCEV *first; ///< the lowest offset of the first turn
  int64_t step;            ///< never zero
  uint64_t bytes;
  bool isStored;
};

/// The loop, and what is known of it.
class CellLoop {
public:
  CellLoop(llvm::Loop &loop, llvm::LoopInfo &loops,
           llvm::ScalarEvolution &evolution, llvm::DominatorTree &dominators)
      : loop(loop), loops(loops), evolution(evolution), dominators(dominators),
        body(*loop.getHeader()) {}

  bool analyze();

  llvm::Loop &loop;
  llvm::LoopInfo &loops;
  llvm::ScalarEvolution &evolution;
  llvm::DominatorTree &dominators;
  llvm::BasicBlock &body;
  SmallVector<Cell, 4> cells;
  SmallVector<Strided, 4> strided;
  const llvm::SCEV *turnsMinusOne = nullptr;
  SmallVector<const llvm::SCEVPredicate *, 2> assumed;

private:
  bool findAccesses();
  bool addAccess(llvm::Instruction &access);
  void addStrided(const Strided &added);
  bool countTurns();
  bool gains() const;
  bool
  isReduction(llvm::PHINode &phi,
              const llvm::SmallPtrSetImpl<llvm::Instruction *> &gone) const;

  const llvm::SCEV *base = nullptr;
};

/// Writes the loops around and behind it.
class FastLoop {
public:
  explicit FastLoop(CellLoop &it)
      : it(it), context(it.body.getContext()),
        number(llvm::Type::getInt64Ty(context)) {}

  void write();

private:
  /// In which turns a cell and an access overlap: none if both are equal.
  struct Turns {
    llvm::Value *first, *end;
  };

  void writeFront();
  void findOverlaps();
  void addOverlap(llvm::IRBuilder<> &b, llvm::SCEVExpander &expander,
                  const Cell &cell, const Strided &access);
  void writeNext();
  void writeFast();
  void writeSlow();
  llvm::BasicBlock *block(const char *name) const {
    return llvm::BasicBlock::Create(context, name, it.body.getParent(),
                                    &it.body);
  }

  CellLoop &it;
  llvm::LLVMContext &context;
  llvm::Type *number;
  llvm::BasicBlock *front = nullptr, *next = nullptr, *fastFront = nullptr,
                   *behind = nullptr, *overlap = nullptr, *slowFront = nullptr,
                   *slow = nullptr, *slowBehind = nullptr, *exit = nullptr;
  llvm::Value *turnsMinusOne = nullptr;
  llvm::Value *isCounted = nullptr; ///< or all turns are slow
  llvm::Value *turns = nullptr;     ///< 0 if not
  SmallVector<Turns, 4> overlaps;
  llvm::PHINode *done = nullptr; ///< turns in front of `next`
  llvm::Value *fastEnd = nullptr;
  llvm::ValueToValueMapTy slowValues;
  /// Of each phi of the loop: what `next` begins with.
  llvm::SmallMapVector<llvm::PHINode *, llvm::PHINode *, 8> resumed;
};
} // namespace

// What can be kept.

bool CellLoop::analyze() { return findAccesses() && countTurns() && gains(); }

bool CellLoop::findAccesses() {
  for (llvm::Instruction &instruction : body) {
    bool isAccess = llvm::isa<llvm::LoadInst, llvm::StoreInst>(instruction);
    if (isAccess && !addAccess(instruction))
      return false;
    if (!isAccess && !instruction.isTerminator() &&
        (instruction.mayReadOrWriteMemory() ||
         instruction.mayHaveSideEffects()))
      return false;
  }
  // Loads are sorted out last, when it is known what is stored.
  bool storesElsewhere =
      llvm::any_of(strided, [](const Strided &it) { return it.isStored; });
  bool storesCell =
      llvm::any_of(cells, [](const Cell &it) { return it.lastStore; });
  if (!storesCell)
    llvm::erase_if(strided, [](const Strided &it) { return !it.isStored; });
  constexpr size_t maxCells = 3, maxStrided = 4;
  return !cells.empty() && cells.size() <= maxCells && !strided.empty() &&
         strided.size() <= maxStrided && (storesElsewhere || storesCell);
}

bool CellLoop::addAccess(llvm::Instruction &access) {
  llvm::Value *pointer = llvm::getLoadStorePointerOperand(&access);
  llvm::Type *type = llvm::getLoadStoreType(&access);
  const llvm::DataLayout &layout = body.getDataLayout();
  auto *store = llvm::dyn_cast<llvm::StoreInst>(&access);
  bool isSimple =
      store ? store->isSimple() : llvm::cast<llvm::LoadInst>(access).isSimple();
  if (!isSimple || !isGuarded(access) || type->isVectorTy())
    return false;
  const llvm::SCEV *place = evolution.getSCEV(pointer);
  const llvm::SCEV *itsBase = evolution.getPointerBase(place);
  if (!base)
    base = itsBase;
  if (itsBase != base || !evolution.isLoopInvariant(base, &loop))
    return false;
  const llvm::SCEV *offset =
      evolution.getTruncateExpr(evolution.removePointerBase(place),
                                llvm::Type::getInt32Ty(body.getContext()));
  uint64_t bytes = layout.getTypeStoreSize(type).getFixedValue();

  if (evolution.isLoopInvariant(offset, &loop)) {
    if (!loop.isLoopInvariant(pointer))
      return false;
    auto *same = llvm::find_if(cells, [&](const Cell &it) {
      return it.offset == offset && it.type == type;
    });
    if (same == cells.end()) {
      cells.push_back({offset, type, bytes, {}, nullptr});
      same = &cells.back();
    }
    same->accesses.push_back(&access);
    if (store)
      same->lastStore = store;
    return true;
  }

  constexpr int64_t maxStep = 65536;
  auto *sum = llvm::dyn_cast<llvm::SCEVAddRecExpr>(offset);
  auto *step = sum && sum->getLoop() == &loop && sum->isAffine()
                   ? llvm::dyn_cast<llvm::SCEVConstant>(
                         sum->getStepRecurrence(evolution))
                   : nullptr;
  int64_t size = step ? step->getAPInt().getSExtValue() : 0;
  if (size == 0 || std::abs(size) > maxStep)
    return false;
  addStrided({sum->getStart(), size, bytes, store != nullptr});
  return true;
}

/// Joins what is side by side: an element and its neighbour in the next copy of
/// an unrolled loop.
void CellLoop::addStrided(const Strided &added) {
  for (Strided &known : strided) {
    if (known.step != added.step || known.isStored != added.isStored)
      continue;
    std::optional<llvm::APInt> distance =
        evolution.computeConstantDifference(added.first, known.first);
    if (!distance)
      continue;
    int64_t up = distance->getSExtValue();
    int64_t low = std::min<int64_t>(up, 0);
    int64_t high = std::max(static_cast<int64_t>(known.bytes),
                            up + static_cast<int64_t>(added.bytes));
    if (high - low > std::abs(added.step))
      continue;
    if (up < 0)
      known.first = added.first;
    known.bytes = high - low;
    return;
  }
  strided.push_back(added);
}

/// The number of turns, exactly or if a comparison holds.
bool CellLoop::countTurns() {
  unsigned known = evolution.getSmallConstantTripCount(&loop);
  if (known != 0 && known < minTurns)
    return false;
  turnsMinusOne = evolution.getBackedgeTakenCount(&loop);
  if (llvm::isa<llvm::SCEVCouldNotCompute>(turnsMinusOne))
    turnsMinusOne = evolution.getPredicatedBackedgeTakenCount(&loop, assumed);
  if (llvm::isa<llvm::SCEVCouldNotCompute>(turnsMinusOne) ||
      evolution.getTypeSizeInBits(turnsMinusOne->getType()) > 64)
    return false;
  llvm::SCEVExpander expander(evolution, "turns");
  if (!expander.isSafeToExpand(turnsMinusOne))
    return false;
  return llvm::all_of(assumed, [&](const llvm::SCEVPredicate *predicate) {
    auto *compare = llvm::dyn_cast<llvm::SCEVComparePredicate>(predicate);
    return compare && expander.isSafeToExpand(compare->getLHS()) &&
           expander.isSafeToExpand(compare->getRHS());
  });
}

/// Whether the phi is a sum, or the like, of integers of all turns, read by
/// nothing in the loop but what is \p gone.
bool CellLoop::isReduction(
    llvm::PHINode &phi,
    const llvm::SmallPtrSetImpl<llvm::Instruction *> &gone) const {
  if (!phi.getType()->isIntegerTy())
    return false;
  llvm::Value *last = phi.getIncomingValueForBlock(&body);
  llvm::Instruction *at = &phi;
  unsigned operation = 0, intrinsic = 0;
  do {
    llvm::Instruction *link = nullptr;
    for (llvm::User *user : at->users()) {
      auto *reader = llvm::cast<llvm::Instruction>(user);
      if (reader->getParent() != &body || gone.contains(reader) ||
          (reader == &phi && at == last))
        continue;
      if (link)
        return false;
      link = reader;
    }
    if (at == last && at != &phi)
      return !link;
    if (!link)
      return false;
    unsigned itsOperation = link->getOpcode(), itsIntrinsic = 0;
    switch (itsOperation) {
    case llvm::Instruction::Sub:
      if (link->getOperand(0) != at || link->getOperand(1) == at)
        return false;
      itsOperation = llvm::Instruction::Add;
      break;
    case llvm::Instruction::Add:
    case llvm::Instruction::And:
    case llvm::Instruction::Or:
    case llvm::Instruction::Xor:
      break;
    case llvm::Instruction::Call:
      itsIntrinsic = llvm::cast<llvm::CallInst>(link)->getIntrinsicID();
      if (!llvm::is_contained({llvm::Intrinsic::smin, llvm::Intrinsic::smax,
                               llvm::Intrinsic::umin, llvm::Intrinsic::umax},
                              itsIntrinsic))
        return false;
      break;
    default:
      return false;
    }
    if (operation && (operation != itsOperation || intrinsic != itsIntrinsic))
      return false;
    operation = itsOperation, intrinsic = itsIntrinsic;
    at = link;
  } while (true);
}

bool CellLoop::gains() const {
  bool storesElsewhere =
      llvm::any_of(strided, [](const Strided &it) { return it.isStored; });
  for (const Cell &cell : cells)
    if (llvm::isa<llvm::LoadInst>(cell.accesses.front()) &&
        (cell.lastStore || storesElsewhere))
      return true;
  llvm::SmallPtrSet<llvm::Instruction *, 16> gone;
  for (llvm::Instruction &instruction : llvm::reverse(body)) {
    bool isStore = llvm::any_of(cells, [&](const Cell &cell) {
      return llvm::isa<llvm::StoreInst>(instruction) &&
             llvm::is_contained(cell.accesses, &instruction);
    });
    bool isRead = llvm::any_of(instruction.users(), [&](llvm::User *user) {
      return !gone.contains(llvm::cast<llvm::Instruction>(user));
    });
    if (isStore || (!isRead && !instruction.isTerminator() &&
                    !llvm::isa<llvm::StoreInst>(instruction)))
      gone.insert(&instruction);
  }
  return llvm::any_of(
      body.phis(), [&](llvm::PHINode &phi) { return isReduction(phi, gone); });
}

// Writing.

/// The turns in which \p access overlaps \p cell.
void FastLoop::addOverlap(llvm::IRBuilder<> &b, llvm::SCEVExpander &expander,
                          const Cell &cell, const Strided &access) {
  uint64_t step = std::abs(access.step);
  uint64_t width = cell.bytes + access.bytes - 1; ///< of what overlaps
  llvm::ScalarEvolution &evolution = it.evolution;
  const llvm::SCEV *distance =
      evolution.getAddExpr(evolution.getMinusSCEV(cell.offset, access.first),
                           evolution.getConstant(b.getInt32(cell.bytes - 1)));
  if (access.step < 0)
    distance = evolution.getMinusSCEV(
        evolution.getConstant(b.getInt32(width - 1)), distance);
  llvm::Value *left = b.CreateZExt(
      expander.expandCodeFor(distance, b.getInt32Ty(), b.GetInsertPoint()),
      number);
  llvm::Value *end =
      b.CreateAdd(b.CreateUDiv(left, b.getInt64(step)), b.getInt64(1));
  llvm::Value *passed = b.CreateAdd(
      b.CreateUDiv(b.CreateSub(left, b.getInt64(width)), b.getInt64(step)),
      b.getInt64(1));
  llvm::Value *first = b.CreateSelect(b.CreateICmpULT(left, b.getInt64(width)),
                                      b.getInt64(0), passed);
  overlaps.push_back({first, end});
}

/// Counts turns. Few are slow: tests have to pay.
void FastLoop::writeFront() {
  front = it.loop.getLoopPreheader();
  next = llvm::SplitBlock(front, front->getTerminator(), &it.dominators,
                          &it.loops);
  next->setName("cell.next");
  llvm::Instruction *at = front->getTerminator();
  llvm::IRBuilder<> b(at);
  llvm::ScalarEvolution &evolution = it.evolution;
  llvm::SCEVExpander expander(evolution, "cell");
  turnsMinusOne = expander.expandCodeFor(
      evolution.getTruncateOrZeroExtend(it.turnsMinusOne, number), number, at);

  uint64_t most = twoTo32 - 1;
  for (const Cell &cell : it.cells)
    for (const Strided &access : it.strided)
      most = std::min<uint64_t>(most, (twoTo32 - (cell.bytes + access.bytes)) /
                                          std::abs(access.step));
  llvm::Value *isGood =
      b.CreateICmpULE(b.CreateSub(turnsMinusOne, b.getInt64(minTurns - 1)),
                      b.getInt64(most - (minTurns - 1)));
  findOverlaps();
  slowFront = block("cell.slow.front");
  llvm::ReplaceInstWithInst(at,
                            llvm::BranchInst::Create(next, slowFront, isGood));
}

/// Tests what has to hold, and finds the turns that overlap.
void FastLoop::findOverlaps() {
  llvm::Instruction *at = next->getTerminator();
  llvm::IRBuilder<> b(at);
  llvm::ScalarEvolution &evolution = it.evolution;
  llvm::SCEVExpander expander(evolution, "cell");
  for (const Cell &cell : it.cells)
    for (const Strided &access : it.strided)
      if (cell.lastStore || access.isStored)
        addOverlap(b, expander, cell, access);
  isCounted = b.getTrue();
  for (const auto &[index, cell] : llvm::enumerate(it.cells))
    for (const Cell &other : ArrayRef(it.cells).take_front(index)) {
      if (!cell.lastStore && !other.lastStore)
        continue;
      const llvm::SCEV *distance = evolution.getAddExpr(
          evolution.getMinusSCEV(cell.offset, other.offset),
          evolution.getConstant(b.getInt32(cell.bytes - 1)));
      llvm::Value *isApart =
          b.CreateICmpUGE(expander.expandCodeFor(distance, b.getInt32Ty(), at),
                          b.getInt32(cell.bytes + other.bytes - 1));
      isCounted = b.CreateAnd(isCounted, isApart);
    }
  for (const llvm::SCEVPredicate *predicate : it.assumed)
    isCounted = b.CreateAnd(
        isCounted, b.CreateNot(expander.expandCodeForPredicate(predicate, at)));
  turns = b.CreateSelect(isCounted, b.CreateAdd(turnsMinusOne, b.getInt64(1)),
                         b.getInt64(0));
}

/// From here on: fast turns up to the next one that overlaps.
void FastLoop::writeNext() {
  llvm::Instruction *end = next->getTerminator();
  done = llvm::PHINode::Create(number, 2, "done", next->begin());
  llvm::IRBuilder<> b(end);
  done->addIncoming(b.getInt64(0), front);
  for (llvm::PHINode &phi : it.body.phis()) {
    auto *start = llvm::PHINode::Create(phi.getType(), 2, "", next->begin());
    start->addIncoming(phi.getIncomingValueForBlock(next), front);
    resumed[&phi] = start;
  }
  fastEnd = turns;
  for (const Turns &turnsOf : overlaps) {
    llvm::Value *isAhead =
        b.CreateAnd(b.CreateICmpULT(turnsOf.first, turnsOf.end),
                    b.CreateICmpULT(done, turnsOf.end));
    llvm::Value *limit = b.CreateSelect(isAhead, turnsOf.first, turns);
    fastEnd = b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, fastEnd, limit);
  }
  fastFront = block("cell.fast.front");
  overlap = block("cell.overlap");
  llvm::ReplaceInstWithInst(
      end, llvm::BranchInst::Create(fastFront, overlap,
                                    b.CreateICmpUGT(fastEnd, done)));
}

/// The loop itself, with cells in registers and a counter from 0 up.
void FastLoop::writeFast() {
  llvm::IRBuilder<> before(fastFront);
  // At most 2^32, which later passes can tell.
  llvm::Value *lastTurn = before.CreateZExt(
      before.CreateTrunc(
          before.CreateSub(before.CreateSub(fastEnd, done), before.getInt64(1)),
          before.getInt32Ty()),
      number);
  llvm::Value *count = before.CreateAdd(lastTurn, before.getInt64(1), "",
                                        /*HasNUW=*/true, /*HasNSW=*/true);
  for (const auto &[phi, start] : resumed) {
    phi->setIncomingValueForBlock(next, start);
    phi->replaceIncomingBlockWith(next, fastFront);
  }
  auto *branch = llvm::cast<llvm::BranchInst>(it.body.getTerminator());
  llvm::IRBuilder<> b(branch), after(behind);

  bool storesElsewhere =
      it.cells.size() > 1 ||
      llvm::any_of(it.strided, [](const Strided &it) { return it.isStored; });
  for (Cell &cell : it.cells) {
    llvm::Instruction *firstAccess = cell.accesses.front();
    llvm::Value *kept = nullptr;
    llvm::PHINode *phi = nullptr;
    if (llvm::isa<llvm::LoadInst>(firstAccess)) {
      auto *load = before.Insert(firstAccess->clone(), "cell");
      kept = load;
      if (cell.lastStore) {
        phi = llvm::PHINode::Create(cell.type, 2, "cell", it.body.begin());
        phi->addIncoming(load, fastFront);
        kept = phi;
      }
    } else if (storesElsewhere) {
      // Traps in front of the other stores, as the first turn would.
      auto *load = before.CreateAlignedLoad(
          cell.type, cell.lastStore->getPointerOperand(),
          cell.lastStore->getAlign(), /*isVolatile=*/true);
      load->copyMetadata(*cell.lastStore, {llvm::LLVMContext::MD_tbaa});
    }
    for (llvm::Instruction *access : cell.accesses) {
      if (auto *store = llvm::dyn_cast<llvm::StoreInst>(access))
        kept = store->getValueOperand();
      else
        access->replaceAllUsesWith(kept);
    }
    if (phi)
      phi->addIncoming(kept, &it.body);
    if (cell.lastStore) {
      llvm::Instruction *store = after.Insert(cell.lastStore->clone());
      store->setOperand(0, kept);
    }
  }
  // Only now: a cell's value may be another's access.
  for (Cell &cell : it.cells)
    for (llvm::Instruction *access : cell.accesses)
      access->eraseFromParent();

  auto *counter = llvm::PHINode::Create(number, 2, "counter", it.body.begin());
  llvm::Value *following = b.CreateAdd(counter, b.getInt64(1), "",
                                       /*HasNUW=*/true, /*HasNSW=*/true);
  counter->addIncoming(b.getInt64(0), fastFront);
  counter->addIncoming(following, &it.body);
  b.CreateCondBr(b.CreateICmpNE(following, count), &it.body, behind);
  branch->eraseFromParent();
  before.CreateBr(&it.body);
  after.CreateCondBr(after.CreateICmpEQ(fastEnd, turns), exit, overlap);
}

/// A copy of the loop as it was, up to where the overlap ends.
void FastLoop::writeSlow() {
  llvm::IRBuilder<> limit(overlap), before(slowFront), b(slow->getTerminator()),
      after(slowBehind);
  auto merge = [](llvm::IRBuilder<> &at, llvm::Value *one,
                  llvm::BasicBlock *from, llvm::Value *other,
                  llvm::BasicBlock *otherFrom) {
    llvm::PHINode *phi = at.CreatePHI(one->getType(), 2);
    phi->addIncoming(one, from);
    phi->addIncoming(other, otherFrom);
    return phi;
  };
  llvm::Value *doneHere = merge(limit, done, next, fastEnd, behind);
  llvm::Value *begin = merge(before, b.getInt64(0), front, doneHere, overlap);
  for (const auto &[phi, start] : resumed) {
    auto *copy = llvm::cast<llvm::PHINode>(slowValues[phi]);
    llvm::Value *here = merge(limit, start, next,
                              phi->getIncomingValueForBlock(&it.body), behind);
    copy->setIncomingValueForBlock(
        next, merge(before, start->getIncomingValueForBlock(front), front, here,
                    overlap));
    copy->replaceIncomingBlockWith(next, slowFront);
    start->addIncoming(copy->getIncomingValueForBlock(slow), slowBehind);
  }
  // At least one turn; all of them if they are few or not counted.
  llvm::Value *end = limit.CreateAdd(doneHere, limit.getInt64(1));
  for (const Turns &turnsOf : overlaps)
    end = limit.CreateSelect(
        limit.CreateICmpULE(turnsOf.first, doneHere),
        limit.CreateBinaryIntrinsic(llvm::Intrinsic::umax, end, turnsOf.end),
        end);
  llvm::Value *all = limit.getInt64(-1);
  end = limit.CreateSelect(isCounted, end, all);
  limit.CreateBr(slowFront);
  end = merge(before, all, front, end, overlap);
  before.CreateBr(slow);

  auto *branch = llvm::cast<llvm::BranchInst>(slow->getTerminator());
  auto *counter = llvm::PHINode::Create(number, 2, "slow.done", slow->begin());
  llvm::Value *following = b.CreateAdd(counter, b.getInt64(1));
  counter->addIncoming(begin, slowFront);
  counter->addIncoming(following, slow);
  done->addIncoming(following, slowBehind);
  llvm::Value *goesOn = branch->getCondition();
  if (branch->getSuccessor(0) != slow)
    goesOn = b.CreateNot(goesOn);
  auto *loopBranch = b.CreateCondBr(
      b.CreateAnd(goesOn, b.CreateICmpNE(following, end)), slow, slowBehind);
  branch->eraseFromParent();
  auto flag = [&](llvm::StringRef name) {
    return llvm::MDNode::get(context,
                             {llvm::MDString::get(context, name),
                              llvm::ConstantAsMetadata::get(b.getInt32(1))});
  };
  loopBranch->setMetadata(
      llvm::LLVMContext::MD_loop,
      llvm::makePostTransformationMetadata(
          context, nullptr, {},
          {flag(vectorizedMark), flag("llvm.loop.unroll.disable")}));
  after.CreateCondBr(goesOn, next, exit);
}

void FastLoop::write() {
  exit = it.loop.getUniqueExitBlock();
  writeFront();
  // Copied before anything in it changes.
  slow =
      llvm::CloneBasicBlock(&it.body, slowValues, ".slow", it.body.getParent());
  slowValues[&it.body] = slow;
  llvm::remapInstructionsInBlocks({slow}, slowValues);
  slowBehind = block("cell.slow.behind");
  for (llvm::PHINode &phi : exit->phis()) {
    llvm::Value *value = phi.getIncomingValueForBlock(&it.body);
    llvm::Value *copy = slowValues.lookup(value);
    phi.addIncoming(copy ? copy : value, slowBehind);
  }
  behind = block("cell.behind");
  for (llvm::PHINode &phi : exit->phis())
    phi.replaceIncomingBlockWith(&it.body, behind);
  writeNext();
  writeFast();
  writeSlow();
}

// The pass.

/// Whether it is worth a closer look. Asks no analysis.
static bool mayHaveCell(const llvm::Loop &loop) {
  constexpr size_t maxInstructions = 120;
  const llvm::BasicBlock &body = *loop.getHeader();
  if (loop.getNumBlocks() != 1 || body.size() > maxInstructions ||
      llvm::getBooleanLoopAttribute(&loop, vectorizedMark))
    return false;
  auto *branch = llvm::dyn_cast<llvm::BranchInst>(body.getTerminator());
  bool hasCell = false, hasStore = false;
  for (const llvm::Instruction &instruction : body) {
    hasStore |= llvm::isa<llvm::StoreInst>(instruction);
    const llvm::Value *pointer = llvm::getLoadStorePointerOperand(&instruction);
    hasCell |= pointer && loop.isLoopInvariant(pointer);
    if (!pointer && instruction.mayReadOrWriteMemory())
      return false;
  }
  return branch && branch->isConditional() && hasCell && hasStore;
}

/// Rewrites the first loop that can be, of those that were not \p tried.
static bool keepOne(llvm::Function &function,
                    llvm::FunctionAnalysisManager &analyses,
                    llvm::SmallPtrSetImpl<llvm::BasicBlock *> &tried) {
  auto &loops = analyses.getResult<llvm::LoopAnalysis>(function);
  for (llvm::Loop *loop : loops.getLoopsInPreorder()) {
    if (!mayHaveCell(*loop) || !tried.insert(loop->getHeader()).second)
      continue;
    auto &evolution =
        analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
    auto &dominators =
        analyses.getResult<llvm::DominatorTreeAnalysis>(function);
    auto &assumptions = analyses.getResult<llvm::AssumptionAnalysis>(function);
    llvm::simplifyLoop(loop, &dominators, &loops, &evolution, &assumptions,
                       nullptr, /*PreserveLCSSA=*/false);
    llvm::formLCSSARecursively(*loop, dominators, &loops, &evolution);
    if (!loop->isLoopSimplifyForm() || !loop->getUniqueExitBlock())
      continue;
    CellLoop candidate(*loop, loops, evolution, dominators);
    if (!candidate.analyze())
      continue;
    FastLoop(candidate).write();
    return true;
  }
  return false;
}

llvm::PreservedAnalyses CellPass::run(llvm::Function &function,
                                      llvm::FunctionAnalysisManager &analyses) {
  llvm::SmallPtrSet<llvm::BasicBlock *, 16> tried;
  while (keepOne(function, analyses, tried))
    analyses.invalidate(function, llvm::PreservedAnalyses::none());
  return tried.empty() ? llvm::PreservedAnalyses::all()
                       : llvm::PreservedAnalyses::none();
}
