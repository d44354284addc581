// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Which of the guest's globals a call leaves alone.
//
// The lowering says of a function which globals it and everything that it calls
// may read and write, and of an access which global's it is (Wasm/Access.h). So
// a value of a global lasts across a call that does not write it, and a store
// to it in front of a call that does not read it may be overwritten behind. The
// commonest global is a C program's stack pointer, which functions without a
// frame do not touch.
//
// LLVM's own means do not say as much: attributes know no globals, `noalias`
// cannot tell reading from writing and is renamed by inlining, and the analysis
// of LLVM's that looks into callees does not see other partitions.
//
// An answer is made of the call and of the location's tag alone. Where a pass
// joins accesses it takes the tag that holds for all of them, and where code is
// inlined, its accesses are among those that the lowering had counted for the
// caller.

#include "Optimize/GlobalAlias.h"
#include "Wasm/Access.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstrTypes.h"

using namespace moat;

/// The bit of the global that a tag names, or 0.
static uint64_t bitOf(const llvm::MDNode *tag) {
  auto *type = tag && tag->getNumOperands() > 1
                   ? llvm::dyn_cast<llvm::MDNode>(tag->getOperand(1))
                   : nullptr;
  auto *name = type && type->getNumOperands() != 0
                   ? llvm::dyn_cast<llvm::MDString>(type->getOperand(0))
                   : nullptr;
  StringRef number = name ? name->getString() : "";
  unsigned bit;
  if (!number.consume_front(globalName) || number.getAsInteger(10, bit) ||
      bit >= 64)
    return 0;
  return uint64_t(1) << bit;
}

llvm::ModRefInfo
GlobalAliasResult::getModRefInfo(const llvm::CallBase *call,
                                 const llvm::MemoryLocation &location,
                                 llvm::AAQueryInfo &) {
  const llvm::Function *callee = call->getCalledFunction();
  const llvm::MDNode *touched =
      callee ? callee->getMetadata(touchedKind) : nullptr;
  uint64_t bit = touched ? bitOf(location.AATags.TBAA) : 0;
  if (bit == 0)
    return llvm::ModRefInfo::ModRef;
  auto has = [&](unsigned operand) {
    auto *set =
        llvm::mdconst::extract<llvm::ConstantInt>(touched->getOperand(operand));
    return (set->getZExtValue() & bit) != 0;
  };
  return (has(0) ? llvm::ModRefInfo::Ref : llvm::ModRefInfo::NoModRef) |
         (has(1) ? llvm::ModRefInfo::Mod : llvm::ModRefInfo::NoModRef);
}

llvm::AnalysisKey GlobalAlias::Key;

GlobalAliasResult GlobalAlias::run(llvm::Function &function,
                                   llvm::FunctionAnalysisManager &) {
  return GlobalAliasResult(function.getContext().getMDKindID(touchedGlobals));
}
