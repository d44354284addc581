// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Entries of small functions that call nothing. Called from outside, such a
// function needs no stack of the guest's: its frame, which has a limit, can be
// on the host's, as a C function's can. So its entry has it inlined, between
// what begins and ends an activation (runtime/Arch/Outside.cpp says what that
// is), and if it can neither trap nor run for long, without an activation.
//
// What ends such a call otherwise than by returning does not come back to the
// entry, so nothing is saved, and the trap may use the host's stack from the
// entry's frame on.

#include "Lower/ModuleLowering.h"
#include "llvm/Analysis/CFG.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace moat;

namespace {
/// What a function needs of its entry.
enum class Needs {
  Stack,      ///< the guest's
  Activation, ///< it may trap, or run until it is interrupted
  Nothing,
};

/// Makes one entry. \p away is what it does outside.
class InPlaceEntry {
public:
  InPlaceEntry(llvm::Function &entry, llvm::CallInst &away,
               llvm::Function &inside)
      : entry(entry), away(away), inside(inside), context(entry.getContext()),
        b(context) {}
  void run(Needs needs);

private:
  llvm::BasicBlock *block() {
    return llvm::BasicBlock::Create(context, "", &entry);
  }
  llvm::Value *at(llvm::Value *base, int64_t offset) {
    return b.CreateConstGEP1_64(b.getInt8Ty(), base, uint64_t(offset));
  }
  llvm::Value *threadLocal(StringRef name);
  llvm::Value *contextOfInstance();
  void goOnIf(llvm::Value *condition, llvm::BasicBlock *otherwise);
  llvm::CallInst *callInside();
  void addReturn(llvm::CallInst *call);
  void makeActivation();

  llvm::Function &entry;
  llvm::CallInst &away;
  llvm::Function &inside;
  llvm::LLVMContext &context;
  llvm::IRBuilder<> b;
};
} // namespace

/// In the instance itself, which is always there.
static bool isInInstance(const llvm::Function &function,
                         const llvm::Value *address) {
  llvm::APInt offset(64, 0);
  return address->stripAndAccumulateConstantOffsets(
             function.getDataLayout(), offset,
             /*AllowNonInbounds=*/true) == function.getArg(0);
}

static Needs needsOf(const llvm::Function &function,
                     const llvm::Instruction &instruction) {
  if (auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
    const llvm::Function *callee = call->getCalledFunction();
    if (!callee || call->isInlineAsm())
      return Needs::Stack;
    if (callee->doesNotReturn() && callee->getName().starts_with("moat_trap"))
      return Needs::Activation;
    if (!callee->isIntrinsic() || llvm::isa<llvm::AnyMemIntrinsic>(call))
      return Needs::Stack;
    return call->doesNotAccessMemory() ||
                   call->onlyAccessesInaccessibleMemory()
               ? Needs::Nothing
               : Needs::Activation;
  }
  if (instruction.isEHPad() || llvm::isa<llvm::AllocaInst>(instruction) ||
      llvm::isa<llvm::IndirectBrInst>(instruction))
    return Needs::Stack;
  if (!instruction.mayReadOrWriteMemory())
    return Needs::Nothing;
  const llvm::Value *address = llvm::getLoadStorePointerOperand(&instruction);
  return address && isInInstance(function, address) ? Needs::Nothing
                                                    : Needs::Activation;
}

static Needs needsOf(const llvm::Function &function) {
  // It bounds the frame: a value is 64 bytes at most.
  constexpr unsigned maxInstructions = 100;
  if (function.isDeclaration() || function.hasPersonalityFn() ||
      function.getInstructionCount() > maxInstructions)
    return Needs::Stack;
  SmallVector<
      std::pair<const llvm::BasicBlock *, const llvm::BasicBlock *>>
      backEdges;
  llvm::FindFunctionBackedges(function, backEdges);
  Needs needs = backEdges.empty() ? Needs::Nothing : Needs::Activation;
  for (const llvm::Instruction &instruction : llvm::instructions(function))
    needs = std::min(needs, needsOf(function, instruction));
  return needs;
}

/// The runtime's, found without a call. Written out: of the variable itself
/// LLVM would load the thread's base, too, instead of using it as a segment.
llvm::Value *InPlaceEntry::threadLocal(StringRef name) {
  constexpr unsigned fsSegment = 257; // LLVM's address space
  std::string code = ("movq " + name + "@gottpoff(%rip), $0").str();
  auto *offset = llvm::InlineAsm::get(
      llvm::FunctionType::get(b.getInt64Ty(), false), code, "=r",
      /*hasSideEffects=*/false);
  return b.CreateIntToPtr(b.CreateCall(offset),
                          llvm::PointerType::get(context, fsSegment));
}

/// Of the instance: the comparison of stacks has loaded it.
llvm::Value *InPlaceEntry::contextOfInstance() {
  for (llvm::Instruction &each : entry.getEntryBlock()) {
    auto *load = llvm::dyn_cast<llvm::LoadInst>(&each);
    llvm::APInt offset(64, 0);
    if (load && load->getType()->isPointerTy() &&
        load->getPointerOperand()->stripAndAccumulateConstantOffsets(
            entry.getDataLayout(), offset, true) == entry.getArg(0) &&
        offset == offsetof(abi::Instance, context))
      return load;
  }
  return b.CreateLoad(b.getPtrTy(),
                      at(entry.getArg(0), offsetof(abi::Instance, context)));
}

void InPlaceEntry::goOnIf(llvm::Value *condition, llvm::BasicBlock *otherwise) {
  llvm::BasicBlock *next = block();
  b.CreateCondBr(condition, next, otherwise,
                 llvm::MDBuilder(context).createLikelyBranchWeights());
  b.SetInsertPoint(next);
}

llvm::CallInst *InPlaceEntry::callInside() {
  SmallVector<llvm::Value *, 8> arguments;
  for (llvm::Argument &argument : entry.args())
    arguments.push_back(&argument);
  llvm::CallInst *call = b.CreateCall(&inside, arguments);
  call->setCallingConv(inside.getCallingConv());
  return call;
}

void InPlaceEntry::addReturn(llvm::CallInst *call) {
  if (call->getType()->isVoidTy())
    b.CreateRetVoid();
  else
    b.CreateRet(call);
}

/// In front of \p away: the function where no call is running on the thread,
/// and the domain's last one was the thread's and has no limit on time.
void InPlaceEntry::makeActivation() {
  llvm::Type *i64 = b.getInt64Ty(), *i32 = b.getInt32Ty(), *ptr = b.getPtrTy();
  llvm::Constant *null = llvm::ConstantPointerNull::get(b.getPtrTy());
  llvm::BasicBlock *before = away.getParent();
  llvm::BasicBlock *longer = before->splitBasicBlock(&away);
  before->getTerminator()->eraseFromParent();
  b.SetInsertPoint(before);
  llvm::Value *domain = b.CreateLoad(
      ptr, at(contextOfInstance(), offsetof(abi::Context, runtime)));
  goOnIf(b.CreateIsNull(b.CreateLoad(i64, at(domain, abi::callStateOffset))),
         longer);
  goOnIf(b.CreateICmpEQ(
             b.CreateLoad(i32, at(domain, abi::callThreadOffset)),
             b.CreateLoad(i32, threadLocal("moat_prepared_thread"))),
         longer);
  llvm::Value *innermost = threadLocal("moat_activation");
  goOnIf(b.CreateIsNull(b.CreateLoad(ptr, innermost)), longer);

  llvm::Value *activation = at(domain, abi::activationOffset);
  llvm::Value *hostSp = at(activation, abi::hostSpOffset);
  b.CreateStore(activation, innermost, /*isVolatile=*/true);
  // Aligned to 16 bytes, as the return address is the last before.
  b.CreateStore(at(b.CreateIntrinsic(
                       llvm::Intrinsic::addressofreturnaddress, {ptr}, {}),
                   -8),
                hostSp, /*isVolatile=*/true);
  auto fence = [&] {
    b.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent,
                  llvm::SyncScope::SingleThread);
  };
  fence();
  llvm::CallInst *call = callInside();
  fence();
  b.CreateStore(null, innermost, /*isVolatile=*/true);
  b.CreateStore(null, hostSp, /*isVolatile=*/true);
  llvm::BasicBlock *marked = block();
  goOnIf(b.CreateIsNull(b.CreateLoad(i32, at(domain, abi::callStateOffset),
                                     /*isVolatile=*/true)),
         marked);
  addReturn(call);
  b.SetInsertPoint(marked);
  // It keeps all registers, so that no other way has to.
  llvm::CallInst *end = b.CreateCall(
      entry.getParent()->getOrInsertFunction(
          "moat_end_call",
          llvm::FunctionType::get(b.getVoidTy(), {ptr}, false)),
      {domain});
  end->setCallingConv(llvm::CallingConv::PreserveAll);
  addReturn(call);
  llvm::InlineFunctionInfo info;
  llvm::InlineFunction(*call, info);
}

void InPlaceEntry::run(Needs needs) {
  // The name of its frame.
  entry.addFnAttr(symbol::entryOf,
                  entry.getFnAttribute(symbol::mayBeInPlace).getValueAsString());
  if (needs == Needs::Activation)
    return makeActivation();
  llvm::BasicBlock *first = &entry.getEntryBlock();
  b.SetInsertPoint(llvm::BasicBlock::Create(context, "", &entry, first));
  llvm::CallInst *call = callInside();
  addReturn(call);
  llvm::EliminateUnreachableBlocks(entry);
  llvm::InlineFunctionInfo info;
  llvm::InlineFunction(*call, info);
}

static bool haveOneProcessor(const llvm::Function &a, const llvm::Function &b) {
  return a.getFnAttribute("target-cpu") == b.getFnAttribute("target-cpu") &&
         a.getFnAttribute("target-features") ==
             b.getFnAttribute("target-features");
}

void moat::placeSmallFunctions(llvm::Module &ir) {
  const llvm::Function *enter = ir.getFunction("moat_enter_call");
  if (!enter)
    return;
  SmallVector<llvm::CallInst *> calls;
  for (const llvm::User *user : enter->users())
    if (auto *call = llvm::dyn_cast<llvm::CallInst>(user))
      calls.push_back(const_cast<llvm::CallInst *>(call));
  for (llvm::CallInst *away : calls) {
    llvm::Function &entry = *away->getFunction();
    auto *inside = llvm::dyn_cast<llvm::Function>(
        away->getArgOperand(0)->stripPointerCasts());
    if (!inside || !entry.hasFnAttribute(symbol::mayBeInPlace) ||
        !haveOneProcessor(entry, *inside))
      continue;
    Needs needs = needsOf(*inside);
    if (needs != Needs::Stack)
      InPlaceEntry(entry, *away, *inside).run(needs);
  }
}
