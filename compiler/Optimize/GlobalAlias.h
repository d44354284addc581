// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Alias analysis of the guest's globals.

#pragma once

#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/IR/PassManager.h"

namespace moat {

/// Knows which globals a call leaves alone.
class GlobalAliasResult : public llvm::AAResultBase {
public:
  explicit GlobalAliasResult(unsigned touchedKind) : touchedKind(touchedKind) {}

  using AAResultBase::getModRefInfo;
  llvm::ModRefInfo getModRefInfo(const llvm::CallBase *call,
                                 const llvm::MemoryLocation &location,
                                 llvm::AAQueryInfo &query);
  /// It has no state.
  bool invalidate(llvm::Function &, const llvm::PreservedAnalyses &,
                  llvm::FunctionAnalysisManager::Invalidator &) {
    return false;
  }

private:
  unsigned touchedKind; ///< of metadata
};

class GlobalAlias : public llvm::AnalysisInfoMixin<GlobalAlias> {
public:
  using Result = GlobalAliasResult;
  Result run(llvm::Function &function, llvm::FunctionAnalysisManager &);

private:
  friend llvm::AnalysisInfoMixin<GlobalAlias>;
  static llvm::AnalysisKey Key;
};

} // namespace moat
