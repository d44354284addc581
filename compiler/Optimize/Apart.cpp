// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// `to[i] = from[2 * i] + from[2 * i + 1]`, `to[i] = from[n - i]`: LLVM's
// analysis of accesses (LoopAccessAnalysis) compares what it knows to be in one
// object by distance, and gives up where two move on by different steps. What
// is in different objects it leaves to a test in front of the loop, whether
// they overlap. Natively these are two arrays and so two objects; all of guest
// memory is one, at one base.
//
// So here each stream that stores, the accesses whose addresses differ by a
// constant, gets a base of its own: `freeze` of the memory's base in front of
// the loop, which is the same address, but to LLVM another object of which
// nothing is known. It is tested like any other, and nothing is claimed. Loops
// that LLVM understands as they are stay so, since known distances need no
// test; and where it does not help, it is undone.

#include "Optimize/Apart.h"
#include "LLVM.h"
#include "Optimize/Linear.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Analysis/LoopAccessAnalysis.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScalarEvolutionExpressions.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

using namespace moat;

/// Of a base that is another one's equal.
static constexpr llvm::StringLiteral apartMark = "moat.apart";

namespace {
/// Accesses whose addresses differ by a constant.
struct Stream {
  llvm::Value *base;
  llvm::Value *guest; ///< of one of them, or what forms its host address
  Linear address;
  bool isStored = false;
  /// What adds to the base, in the loop.
  llvm::SmallSetVector<llvm::GetElementPtrInst *, 4> roots;
};

class Streams {
public:
  Streams(llvm::Loop &loop, llvm::ScalarEvolution &evolution)
      : loop(loop), evolution(evolution) {}

  /// Finds them; false if there is nothing to take apart.
  bool find();
  void takeApart();
  void undo();

private:
  bool add(llvm::Instruction &access);
  bool haveStoresOneStep() const;

  llvm::Loop &loop;
  llvm::ScalarEvolution &evolution;
  SmallVector<Stream, 8> streams;
  SmallVector<llvm::Instruction *, 4> bases;
};
} // namespace

static bool areEqual(const Linear &one, const Linear &other) {
  return one.bits == other.bits && one.terms.size() == other.terms.size() &&
         llvm::all_of(one.terms, [&](const Linear::Term &term) {
           return other.coefficientOf(term.leaf) == term.coefficient;
         });
}

/// Whether all stores move on by the same step. Two ways through the same
/// bytes, as from both ends of an array, are seldom worth a test.
bool Streams::haveStoresOneStep() const {
  const llvm::SCEV *step = nullptr;
  for (const Stream &stream : streams) {
    if (!stream.isStored)
      continue;
    const llvm::SCEV *address = evolution.getSCEV(stream.guest);
    auto *counter = llvm::dyn_cast<llvm::SCEVAddRecExpr>(address);
    const llvm::SCEV *itsStep =
        counter ? counter->getStepRecurrence(evolution) : nullptr;
    if (step && step != itsStep)
      return false;
    step = itsStep;
  }
  return true;
}

bool Streams::add(llvm::Instruction &access) {
  llvm::Value *pointer = llvm::getLoadStorePointerOperand(&access);
  // The last step from the base that is in the loop.
  auto *root = llvm::dyn_cast<llvm::GetElementPtrInst>(pointer);
  while (root && !loop.isLoopInvariant(root->getPointerOperand()))
    root = llvm::dyn_cast<llvm::GetElementPtrInst>(root->getPointerOperand());
  bool isFixed = loop.isLoopInvariant(pointer);
  if (isFixed ? llvm::isa<llvm::StoreInst>(access)
              : !root || !loop.contains(root))
    return false;
  LinearAddress address =
      LinearAddress::of(pointer, access.getModule()->getDataLayout());
  llvm::Value *guest = address.guestAddress();
  Linear sum = guest ? Linear::of(guest) : address.offset;
  Stream *stream = llvm::find_if(streams, [&](const Stream &known) {
    return known.base == address.base && areEqual(known.address, sum);
  });
  if (stream == streams.end()) {
    streams.push_back({address.base, guest ? guest : pointer, sum});
    stream = &streams.back();
  }
  stream->isStored |= llvm::isa<llvm::StoreInst>(access);
  if (!isFixed)
    stream->roots.insert(root);
  return true;
}

bool Streams::find() {
  for (llvm::BasicBlock *block : loop.blocks())
    for (llvm::Instruction &instruction : *block) {
      if (!instruction.mayReadOrWriteMemory())
        continue;
      bool isAccess = llvm::isa<llvm::LoadInst, llvm::StoreInst>(instruction) &&
                      isGuarded(instruction);
      if (!isAccess || !add(instruction))
        return false;
    }
  return streams.size() > 1 && haveStoresOneStep() &&
         llvm::any_of(streams,
                      [](const Stream &stream) { return stream.isStored; });
}

void Streams::takeApart() {
  llvm::BasicBlock *before = loop.getLoopPreheader();
  llvm::LLVMContext &context = before->getContext();
  for (Stream &stream : streams) {
    if (!stream.isStored)
      continue;
    for (llvm::GetElementPtrInst *root : stream.roots) {
      auto *base = new llvm::FreezeInst(root->getPointerOperand(), "apart",
                                        before->getTerminator()->getIterator());
      base->setMetadata(apartMark, llvm::MDNode::get(context, {}));
      root->setOperand(0, base);
      bases.push_back(base);
      evolution.forgetValue(root);
    }
  }
}

static void remove(llvm::Instruction *base) {
  base->replaceAllUsesWith(base->getOperand(0));
  base->eraseFromParent();
}

void Streams::undo() {
  for (llvm::Instruction *base : bases) {
    for (llvm::User *user : base->users())
      evolution.forgetValue(llvm::cast<llvm::Instruction>(user));
    remove(base);
  }
}

/// LLVM looked at the accesses and gave up.
static bool isRefused(const llvm::LoopAccessInfo &accesses) {
  const auto *dependences = accesses.getDepChecker().getDependences();
  using Dependence = llvm::MemoryDepChecker::Dependence;
  return !accesses.canVectorizeMemory() && dependences &&
         llvm::any_of(*dependences, [](const Dependence &dependence) {
           return dependence.Type == Dependence::Unknown;
         });
}

llvm::PreservedAnalyses
ApartPass::run(llvm::Function &function,
               llvm::FunctionAnalysisManager &analyses) {
  auto &loops = analyses.getResult<llvm::LoopAnalysis>(function);
  if (loops.empty())
    return llvm::PreservedAnalyses::all();
  auto &evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  bool isChanged = false;
  for (llvm::Loop *loop : loops.getLoopsInPreorder()) {
    constexpr unsigned maxBlocks = 8;
    if (!loop->isInnermost() || loop->getNumBlocks() > maxBlocks ||
        !loop->getLoopPreheader() || !loop->getExitingBlock() ||
        llvm::getBooleanLoopAttribute(loop, "llvm.loop.isvectorized"))
      continue;
    Streams streams(*loop, evolution);
    if (!streams.find() || llvm::isa<llvm::SCEVCouldNotCompute>(
                               evolution.getBackedgeTakenCount(loop)))
      continue;
    auto &accesses = analyses.getResult<llvm::LoopAccessAnalysis>(function);
    if (!isRefused(accesses.getInfo(*loop)))
      continue;
    accesses.clear();
    streams.takeApart();
    if (accesses.getInfo(*loop).canVectorizeMemory()) {
      isChanged = true;
      continue;
    }
    accesses.clear();
    streams.undo();
  }
  if (!isChanged)
    return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  return preserved;
}

llvm::PreservedAnalyses TogetherPass::run(llvm::Function &function,
                                          llvm::FunctionAnalysisManager &) {
  SmallVector<llvm::Instruction *, 4> bases;
  for (llvm::Instruction &instruction : llvm::instructions(function))
    if (llvm::isa<llvm::FreezeInst>(instruction) &&
        instruction.getMetadata(apartMark))
      bases.push_back(&instruction);
  for (llvm::Instruction *base : bases)
    remove(base);
  if (bases.empty())
    return llvm::PreservedAnalyses::all();
  llvm::PreservedAnalyses preserved;
  preserved.preserveSet<llvm::CFGAnalyses>();
  return preserved;
}
