// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Alias analysis of guest memory.

#pragma once

#include "llvm/ADT/DenseMap.h"
#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/IR/PassManager.h"

namespace llvm {
class DominatorTree;
class Loop;
class SCEV;
class ScalarEvolution;
} // namespace llvm

namespace moat {

/// Tells accesses of guarded memory apart by the arithmetic of their addresses:
/// guest memory has no objects that LLVM could know.
class GuestAliasResult : public llvm::AAResultBase {
public:
  GuestAliasResult(const bool &isOn, llvm::ScalarEvolution &evolution,
                   llvm::DominatorTree &tree)
      : isOn(isOn), evolution(evolution), tree(tree) {}

  llvm::AliasResult alias(const llvm::MemoryLocation &one,
                          const llvm::MemoryLocation &other,
                          llvm::AAQueryInfo &query,
                          const llvm::Instruction *context);
  bool invalidate(llvm::Function &function,
                  const llvm::PreservedAnalyses &preserved,
                  llvm::FunctionAnalysisManager::Invalidator &invalidator);

private:
  struct Numbers;
  class Query;

  const llvm::SCEV *offsetOf(llvm::Value *pointer);
  int64_t mostTurns(const llvm::Loop &loop, const llvm::Instruction &access);
  int64_t turnsThatStore(const llvm::Loop &loop);

  const bool &isOn;
  llvm::ScalarEvolution &evolution;
  llvm::DominatorTree &tree;
  llvm::DenseMap<const llvm::Loop *, int64_t> storeTurns;
};

/// It asks LLVM's scalar evolution, which some passes leave behind the state of
/// the function while they work. So it answers only while \p isOn.
class GuestAlias : public llvm::AnalysisInfoMixin<GuestAlias> {
public:
  explicit GuestAlias(const bool &isOn) : isOn(isOn) {}

  using Result = GuestAliasResult;
  Result run(llvm::Function &function, llvm::FunctionAnalysisManager &analyses);

private:
  friend llvm::AnalysisInfoMixin<GuestAlias>;
  static llvm::AnalysisKey Key;

  const bool &isOn;
};

/// Turns it on or off.
class GuestAliasSwitch : public llvm::PassInfoMixin<GuestAliasSwitch> {
public:
  GuestAliasSwitch(bool &isOn, bool value) : isOn(isOn), value(value) {}

  llvm::PreservedAnalyses run(llvm::Function &,
                              llvm::FunctionAnalysisManager &) {
    isOn = value;
    auto preserved = llvm::PreservedAnalyses::all();
    preserved.abandon<GuestAlias>();
    return preserved;
  }
  static bool isRequired() { return true; }

private:
  bool &isOn;
  bool value;
};

} // namespace moat
