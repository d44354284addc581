// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Versions of functions for better processors.
//
// In front of the loop passes, a function that has a loop without calls is
// cloned for each processor of the list; a clone may use its processor's
// features. All go through the same passes. Behind them, a clone stays if some
// loop of it reads or writes wider vectors than the baseline's do, of elements
// of the same size: whether it pays is seen, not guessed. The others are
// deleted.
//
// What stays is joined: the function's name is a dispatch, which looks at a
// byte that the runtime has set before the guest runs (abi/Versions.h), and
// jumps to the best version that the machine can run, with all its arguments
// where they are. The byte never changes while compiled code runs, so for LLVM
// it is a constant, of unknown value: to read it is no effect of the function.
//
// This is behind the inliner. What it has put elsewhere is cloned there.

#include "Optimize/Multiversion.h"
#include "LLVM.h"
#include "moat/abi/Versions.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include <array>

using namespace moat;

/// As for the loop passes themselves (Optimize.cpp): a large function gains
/// little.
static constexpr unsigned maxInstructions = 3000;

/// Whether the loop passes might make vectors of \p loop.
static bool isCandidate(const llvm::Loop &loop) {
  if (!loop.isInnermost())
    return false;
  bool hasAccess = false;
  for (llvm::BasicBlock *block : loop.blocks())
    for (llvm::Instruction &instruction : *block) {
      if (auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction))
        if (!llvm::isa<llvm::IntrinsicInst>(call))
          return false;
      // A volatile one is never part of a vector.
      if (auto *load = llvm::dyn_cast<llvm::LoadInst>(&instruction))
        hasAccess |= load->isSimple();
      if (auto *store = llvm::dyn_cast<llvm::StoreInst>(&instruction))
        hasAccess |= store->isSimple();
    }
  return hasAccess;
}

static bool isCandidate(llvm::Function &function) {
  if (function.isDeclarationForLinker() || function.hasOptNone() ||
      function.isVarArg() || function.getInstructionCount() > maxInstructions)
    return false;
  llvm::DominatorTree dominators(function);
  llvm::LoopInfo loops(dominators);
  return llvm::any_of(loops.getLoopsInPreorder(), [](const llvm::Loop *loop) {
    return isCandidate(*loop);
  });
}

/// The type of what \p instruction reads or writes in memory, or null. Gathers
/// and scatters do not count: often they cost more than the loop as it was.
static llvm::Type *accessedType(const llvm::Instruction &instruction) {
  if (llvm::isa<llvm::LoadInst>(instruction))
    return instruction.getType();
  if (auto *store = llvm::dyn_cast<llvm::StoreInst>(&instruction))
    return store->getValueOperand()->getType();
  auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
  if (!call)
    return nullptr;
  switch (call->getIntrinsicID()) {
  case llvm::Intrinsic::masked_load:
    return call->getType();
  case llvm::Intrinsic::masked_store:
    return call->getArgOperand(0)->getType();
  default:
    return nullptr;
  }
}

namespace {
/// The bits of the widest vectors that a function's loops read or write, by the
/// size of their elements: 8, 16, 32, 64 bits. 0: there are none. What is only
/// computed says less: 16 bytes as 32-bit lanes are a wide vector on any
/// processor.
using Widths = std::array<uint64_t, 4>;
} // namespace

static Widths accessWidths(llvm::Function &function) {
  llvm::DominatorTree dominators(function);
  llvm::LoopInfo loops(dominators);
  Widths widths{};
  for (llvm::BasicBlock &block : function) {
    if (!loops.getLoopFor(&block))
      continue;
    for (llvm::Instruction &instruction : block) {
      auto *type = llvm::dyn_cast_or_null<llvm::FixedVectorType>(
          accessedType(instruction));
      unsigned elementBits = type ? type->getScalarSizeInBits() : 0;
      for (size_t i = 0; i < widths.size(); ++i)
        if (elementBits == 8u << i)
          widths[i] = std::max<uint64_t>(widths[i], uint64_t(elementBits) *
                                                        type->getNumElements());
    }
  }
  return widths;
}

static bool isBetter(const Widths &widths, const Widths &than) {
  for (size_t i = 0; i < widths.size(); ++i)
    if (widths[i] > than[i])
      return true;
  return false;
}

void Multiversion::clone(llvm::Module &ir) {
  std::vector<llvm::Function *> candidates;
  for (llvm::Function &function : ir)
    if (isCandidate(function))
      candidates.push_back(&function);
  for (llvm::Function *function : candidates) {
    Versions versions{function, {}};
    for (const ProcessorVersion &processor : processors) {
      llvm::ValueToValueMapTy map;
      llvm::Function *better = llvm::CloneFunction(function, map);
      better->setName(function->getName() + "." + processor.name);
      better->setLinkage(llvm::GlobalValue::InternalLinkage);
      better->setVisibility(llvm::GlobalValue::DefaultVisibility);
      better->addFnAttr("target-features", processor.features);
      better->addFnAttr("tune-cpu", processor.tuning);
      versions.better.push_back(better);
    }
    functions.push_back(std::move(versions));
  }
}

/// What compiled code looks at, as a constant of unknown value.
static llvm::GlobalVariable *versionByte(llvm::Module &ir) {
  if (llvm::GlobalVariable *byte = ir.getNamedGlobal("moat_versions"))
    return byte;
  auto *byte = new llvm::GlobalVariable(
      ir, llvm::Type::getInt8Ty(ir.getContext()), /*isConstant=*/true,
      llvm::GlobalValue::ExternalLinkage, nullptr, "moat_versions");
  byte->setVisibility(llvm::GlobalValue::HiddenVisibility);
  byte->setDSOLocal(true);
  return byte;
}

static void jump(llvm::IRBuilder<> &b, llvm::Function &from,
                 llvm::Function &to) {
  SmallVector<llvm::Value *> arguments;
  for (llvm::Argument &argument : from.args())
    arguments.push_back(&argument);
  llvm::CallInst *call = b.CreateCall(&to, arguments);
  call->setCallingConv(to.getCallingConv());
  // What says how values are passed has to be the same everywhere.
  call->setAttributes(to.getAttributes().removeFnAttributes(from.getContext()));
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  if (from.getReturnType()->isVoidTy())
    b.CreateRetVoid();
  else
    b.CreateRet(call);
}

/// Moves the body of \p function into one of its own, and lets it choose
/// between that and \p better, the best last.
static void dispatch(llvm::Function &function,
                     ArrayRef<std::pair<unsigned, llvm::Function *>> better) {
  llvm::Module &ir = *function.getParent();
  llvm::Function *baseline = llvm::Function::Create(
      function.getFunctionType(), llvm::GlobalValue::InternalLinkage,
      function.getName() + ".baseline");
  ir.getFunctionList().insertAfter(function.getIterator(), baseline);
  baseline->copyAttributesFrom(&function);
  baseline->setVisibility(llvm::GlobalValue::DefaultVisibility);
  baseline->copyMetadata(&function, 0);
  baseline->splice(baseline->begin(), &function);
  for (auto [from, to] : llvm::zip(function.args(), baseline->args()))
    from.replaceAllUsesWith(&to);

  llvm::LLVMContext &context = ir.getContext();
  auto block = [&] { return llvm::BasicBlock::Create(context, "", &function); };
  llvm::IRBuilder<> b(block());
  llvm::Value *versions = b.CreateLoad(b.getInt8Ty(), versionByte(ir));
  for (auto [number, version] : llvm::reverse(better)) {
    llvm::BasicBlock *found = block(), *next = block();
    b.CreateCondBr(b.CreateIsNotNull(b.CreateAnd(versions, 1u << number)),
                   found, next);
    b.SetInsertPoint(found);
    jump(b, function, *version);
    b.SetInsertPoint(next);
  }
  jump(b, function, *baseline);
}

void Multiversion::join(llvm::Module &ir) {
  for (Versions &versions : functions) {
    Widths best = accessWidths(*versions.baseline);
    SmallVector<std::pair<unsigned, llvm::Function *>> kept;
    for (auto [number, version] : llvm::enumerate(versions.better)) {
      // A version has to be worth more than those that come before it.
      Widths widths = accessWidths(*version);
      if (!isBetter(widths, best)) {
        version->eraseFromParent();
        continue;
      }
      kept.push_back({unsigned(number), version});
      for (size_t i = 0; i < best.size(); ++i)
        best[i] = std::max(best[i], widths[i]);
    }
    if (!kept.empty())
      dispatch(*versions.baseline, kept);
  }
  functions.clear();
}

void moat::defineVersionNeeds(llvm::Module &ir,
                              const std::vector<ProcessorVersion> &processors) {
  std::array<uint64_t, abi::mostVersions> needs{};
  for (auto [to, processor] : llvm::zip(needs, processors))
    to = processor.needs;
  auto *contents =
      llvm::ConstantDataArray::get(ir.getContext(), ArrayRef<uint64_t>(needs));
  auto *definition = new llvm::GlobalVariable(
      ir, contents->getType(), /*isConstant=*/true,
      llvm::GlobalValue::ExternalLinkage, contents, "moat_version_needs");
  definition->setVisibility(llvm::GlobalValue::HiddenVisibility);
}
