// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The pass pipeline of each level.
//
// A wasm producer has optimized the program already: what is left is what its
// form hides (locals in slots, addresses as sums, i32 for i1) and what only the
// real machine shows (vectors, its addressing modes). So -O2 is a short
// pipeline of its own: each function is cleaned up, small callees are inlined,
// then redundancy is removed, and functions with loops get the loop passes. -O3
// is LLVM's whole pipeline.

#include "Optimize/Optimize.h"
#include "Optimize/Apart.h"
#include "Optimize/Cell.h"
#include "Optimize/Dispatch.h"
#include "Optimize/GlobalAlias.h"
#include "Optimize/GuestAlias.h"
#include "Optimize/Multiversion.h"
#include "Optimize/NarrowLoads.h"
#include "Optimize/NoWrap.h"
#include "Optimize/Pair.h"
#include "Optimize/Quiet.h"
#include "Optimize/Reroll.h"
#include "Optimize/Rotate.h"
#include "Optimize/Saturate.h"
#include "Optimize/TripCount.h"
#include "Optimize/Widen.h"
#include "Optimize/ZeroExtend.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/IPO/Inliner.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/BDCE.h"
#include "llvm/Transforms/Scalar/DeadStoreElimination.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/GVN.h"
#include "llvm/Transforms/Scalar/IndVarSimplify.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/LoopRotation.h"
#include "llvm/Transforms/Scalar/LoopStrengthReduce.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include "llvm/Transforms/Vectorize/LoopVectorize.h"

using namespace moat;
using llvm::FunctionPassManager;
using llvm::ModulePassManager;

namespace {
/// Runs one of two pipelines on a function. What repeats is worth passes that
/// cost more; but their cost grows faster than the function, and a large one is
/// an interpreter's loop or straight code, where they find little.
class ByLoops : public llvm::PassInfoMixin<ByLoops> {
public:
  ByLoops(FunctionPassManager with, FunctionPassManager without)
      : with(std::move(with)), without(std::move(without)) {}

  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses) {
    constexpr unsigned maxInstructions = 3000;
    bool hasGain = function.getInstructionCount() <= maxInstructions &&
                   !analyses.getResult<llvm::LoopAnalysis>(function).empty();
    return (hasGain ? with : without).run(function, analyses);
  }
  static bool isRequired() { return true; }

private:
  FunctionPassManager with, without;
};

/// One of Multiversion's two steps.
class VersionsPass : public llvm::PassInfoMixin<VersionsPass> {
public:
  VersionsPass(Multiversion &versions,
               void (Multiversion::*step)(llvm::Module &))
      : versions(versions), step(step) {}

  llvm::PreservedAnalyses run(llvm::Module &ir, llvm::ModuleAnalysisManager &) {
    (versions.*step)(ir);
    return llvm::PreservedAnalyses::none();
  }
  static bool isRequired() { return true; }

private:
  Multiversion &versions;
  void (Multiversion::*step)(llvm::Module &);
};
} // namespace

namespace {
class Optimizer {
public:
  Optimizer(llvm::TargetMachine &target, const OptimizeOptions &options)
      : target(target), options(options), versions(options.versions),
        builder(&target, tuning(options.level)) {
    functions.registerPass([this] { return GuestAlias(guestAliasIsOn); });
    functions.registerPass([] { return GlobalAlias(); });
    functions.registerPass([this] {
      llvm::AAManager alias = builder.buildDefaultAAPipeline();
      alias.registerFunctionAnalysis<GuestAlias>();
      alias.registerFunctionAnalysis<GlobalAlias>();
      return alias;
    });
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(sccs);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, sccs, modules);
    builder.registerPipelineStartEPCallback(
        [this](ModulePassManager &passes, llvm::OptimizationLevel) {
          passes.addPass(llvm::createModuleToFunctionPassAdaptor(rollLoops()));
        });
    builder.registerVectorizerStartEPCallback(
        [this](FunctionPassManager &passes, llvm::OptimizationLevel) {
          if (this->options.level == OptLevel::O3)
            passes.addPass(WidenPass());
          passes.addPass(NoWrapPass());
          passes.addPass(GuestAliasSwitch(guestAliasIsOn, true));
          passes.addPass(ApartPass());
        });
    builder.registerVectorizerEndEPCallback(
        [this](FunctionPassManager &passes, llvm::OptimizationLevel) {
          passes.addPass(TogetherPass());
          passes.addPass(UnrollAgainPass(/*doubles=*/false));
          if (this->options.level == OptLevel::O3)
            passes.addPass(PairPass());
          passes.addPass(NoWrapPass()); // of unrolled loops' turns
          passes.addPass(GuestAliasSwitch(guestAliasIsOn, false));
        });
    builder.registerOptimizerLastEPCallback([this](ModulePassManager &passes,
                                                   llvm::OptimizationLevel,
                                                   llvm::ThinOrFullLTOPhase) {
      passes.addPass(llvm::createModuleToFunctionPassAdaptor(prepareCode()));
    });
    if (options.level != OptLevel::O3 || !versions.isWanted())
      return;
    builder.registerOptimizerEarlyEPCallback([this](ModulePassManager &passes,
                                                    llvm::OptimizationLevel,
                                                    llvm::ThinOrFullLTOPhase) {
      passes.addPass(VersionsPass(versions, &Multiversion::clone));
    });
    builder.registerOptimizerLastEPCallback([this](ModulePassManager &passes,
                                                   llvm::OptimizationLevel,
                                                   llvm::ThinOrFullLTOPhase) {
      passes.addPass(VersionsPass(versions, &Multiversion::join));
    });
  }

  void run(llvm::Module &ir);

private:
  static llvm::PipelineTuningOptions tuning(OptLevel level) {
    llvm::PipelineTuningOptions options;
    options.LoopVectorization = options.LoopUnrolling = level == OptLevel::O3;
    options.SLPVectorization = false; // PairPass runs it
    return options;
  }
  FunctionPassManager cleanUp() const;
  FunctionPassManager prepareCode() const;
  void addInvariants(FunctionPassManager &passes);
  FunctionPassManager rollLoops();
  FunctionPassManager improveLoops();
  FunctionPassManager removeRedundancy() const;
  ModulePassManager shortPipeline();

  const llvm::TargetMachine &target;
  const OptimizeOptions &options;
  Multiversion versions;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  bool guestAliasIsOn = false;
  llvm::PassBuilder builder;
};
} // namespace

/// Locals to SSA, and the folding that the lowering left to it.
FunctionPassManager Optimizer::cleanUp() const {
  FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::InstCombinePass());
  if (!options.strictFloat)
    passes.addPass(QuietPass());
  return passes;
}

/// The last word on control flow: what would hide structure from the passes
/// before.
static llvm::SimplifyCFGPass finishControlFlow() {
  return llvm::SimplifyCFGPass(llvm::SimplifyCFGOptions()
                                   .convertSwitchToLookupTable(true)
                                   .forwardSwitchCondToPhi(true)
                                   .hoistCommonInsts(true)
                                   .sinkCommonInsts(true));
}

/// The last passes, each for the sake of the code generator.
FunctionPassManager Optimizer::prepareCode() const {
  FunctionPassManager passes;
  passes.addPass(SaturatePass());
  // Makes the inductions that addresses are formed from; the code generator's
  // own comes too late for the extensions.
  passes.addPass(
      llvm::createFunctionToLoopPassAdaptor(llvm::LoopStrengthReducePass()));
  passes.addPass(ZeroExtendPass());
  // Its tables of addresses are constants where no loader relocates them.
  if (options.level != OptLevel::Os && !target.isPositionIndependent())
    passes.addPass(DispatchPass());
  return passes;
}

/// Turns loops to end with their test, and moves what does not change out.
void Optimizer::addInvariants(FunctionPassManager &passes) {
  llvm::LoopPassManager invariants;
  invariants.addPass(RotateUnrolledPass());
  invariants.addPass(llvm::LoopRotatePass());
  invariants.addPass(llvm::LICMPass(llvm::LICMOptions()));
  passes.addPass(GuestAliasSwitch(guestAliasIsOn, true));
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(std::move(invariants),
                                                       /*UseMemorySSA=*/true));
  passes.addPass(GuestAliasSwitch(guestAliasIsOn, false));
}

/// In front of LLVM's pipeline, which hides trip counts early.
FunctionPassManager Optimizer::rollLoops() {
  FunctionPassManager passes = cleanUp();
  passes.addPass(NarrowLoadsPass());
  addInvariants(passes);
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(CellPass());
  passes.addPass(
      llvm::createFunctionToLoopPassAdaptor(RerollPass(/*rebases=*/true)));
  return passes;
}

FunctionPassManager Optimizer::improveLoops() {
  FunctionPassManager passes;
  passes.addPass(NarrowLoadsPass());
  addInvariants(passes);
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(CellPass());
  llvm::LoopPassManager inductions;
  inductions.addPass(RerollPass(/*rebases=*/false));
  inductions.addPass(llvm::IndVarSimplifyPass(/*WidenIndVars=*/false));
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(std::move(inductions)));
  passes.addPass(llvm::GVNPass());
  passes.addPass(llvm::InstCombinePass());
  if (!options.strictFloat)
    passes.addPass(QuietPass());
  passes.addPass(llvm::DSEPass());
  passes.addPass(CountInFrontPass());
  passes.addPass(WidenPass());
  passes.addPass(ApartPass());
  passes.addPass(llvm::LoopVectorizePass());
  passes.addPass(TogetherPass());
  passes.addPass(UnrollAgainPass(/*doubles=*/true));
  passes.addPass(NoWrapPass());
  passes.addPass(GuestAliasSwitch(guestAliasIsOn, true));
  passes.addPass(PairPass());
  passes.addPass(GuestAliasSwitch(guestAliasIsOn, false));
  passes.addPass(llvm::BDCEPass());
  passes.addPass(finishControlFlow());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(prepareCode());
  return passes;
}

FunctionPassManager Optimizer::removeRedundancy() const {
  FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
  passes.addPass(llvm::DSEPass());
  passes.addPass(NoWrapPass());
  passes.addPass(finishControlFlow());
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(prepareCode());
  return passes;
}

ModulePassManager Optimizer::shortPipeline() {
  ModulePassManager passes;
  passes.addPass(llvm::GlobalDCEPass());
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(cleanUp()));
  if (options.level == OptLevel::O1)
    return passes;
  // The producer has inlined already, with the usual thresholds.
  constexpr int inlineThreshold = 20;
  passes.addPass(
      llvm::ModuleInlinerWrapperPass(llvm::getInlineParams(inlineThreshold)));
  passes.addPass(llvm::GlobalDCEPass());
  if (versions.isWanted())
    passes.addPass(VersionsPass(versions, &Multiversion::clone));
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(
      ByLoops(improveLoops(), removeRedundancy())));
  if (versions.isWanted())
    passes.addPass(VersionsPass(versions, &Multiversion::join));
  return passes;
}

void Optimizer::run(llvm::Module &ir) {
  switch (options.level) {
  case OptLevel::O0:
    return;
  case OptLevel::O1:
  case OptLevel::O2:
    shortPipeline().run(ir, modules);
    return;
  case OptLevel::O3:
    builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
        .run(ir, modules);
    return;
  case OptLevel::Os:
    builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::Os)
        .run(ir, modules);
    return;
  }
}

void moat::optimize(llvm::Module &ir, llvm::TargetMachine &target,
                    const OptimizeOptions &options) {
  Optimizer(target, options).run(ir);
}
