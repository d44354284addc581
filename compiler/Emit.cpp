// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// LLVM's code generator, with what moat decides about it: every function and
// datum in a section of its own (the linker drops what is unused), absolute
// addresses in executables (they are linked to fixed ones),
// position-independent code in libraries. Unwind tables come from the
// functions' uwtable attributes.

#include "Emit.h"
#include "Diagnostics.h"
#include "moat/abi/Versions.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace moat;

/// Registers the one back end that \p triple needs. Registering again is
/// harmless, but not while another thread looks one up, hence the once-only
/// initializers.
static Error initializeTarget(const llvm::Triple &triple) {
  if (triple.getArch() != llvm::Triple::x86_64)
    return errorOf("--target=" + triple.str() +
                   ": no such processor; x86_64 is what is supported");
  [[maybe_unused]] static const bool once = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser(); // Lower/InPlace.cpp
    return true;
  }();
  return Error::success();
}

/// LLVM itself only warns, on standard error, about a processor or feature that
/// it does not know.
static Error checkProcessor(const llvm::Target &target,
                            const TargetChoice &choice) {
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      target.createMCSubtargetInfo(llvm::Triple(choice.triple), "", ""));
  if (!subtarget->isCPUStringValid(choice.cpu))
    return errorOf("--mcpu=" + choice.cpu + ": no such processor for " +
                   choice.triple);
  SmallVector<StringRef> features;
  StringRef(choice.features).split(features, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : features) {
    StringRef name = feature.ltrim("+-");
    if (name.size() + 1 != feature.size() ||
        llvm::none_of(subtarget->getAllProcessorFeatures(),
                      [&](const llvm::SubtargetFeatureKV &known) {
                        return name == known.Key;
                      }))
      return errorOf("--mattr=" + feature +
                     ": no such feature of the processor for " + choice.triple);
  }
  return Error::success();
}

static llvm::CodeGenOptLevel codeGenLevel(OptLevel level) {
  switch (level) {
  case OptLevel::O0:
    return llvm::CodeGenOptLevel::None;
  case OptLevel::O1:
    return llvm::CodeGenOptLevel::Less;
  case OptLevel::O2:
  case OptLevel::Os:
    return llvm::CodeGenOptLevel::Default;
  case OptLevel::O3:
    return llvm::CodeGenOptLevel::Aggressive;
  }
  llvm_unreachable("a level without a code generator's level");
}

std::string moat::defaultTriple() {
  llvm::Triple host(llvm::sys::getProcessTriple());
  return (host.getArchName() + "-linux-musl").str();
}

std::string moat::defaultCpu(StringRef triple) {
  return llvm::Triple(triple).getArch() == llvm::Triple::x86_64 ? "x86-64-v2"
                                                                : "generic";
}

Expected<std::unique_ptr<llvm::TargetMachine>>
moat::createTargetMachine(const TargetChoice &choice) {
  llvm::Triple triple(choice.triple);
  if (Error error = initializeTarget(triple))
    return std::move(error);
  std::string message;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return errorOf("--target=" + choice.triple + ": " + message);
  if (Error error = checkProcessor(*target, choice))
    return std::move(error);

  llvm::TargetOptions options;
  options.FunctionSections = true;
  options.DataSections = true;
  // Sections are told apart by their index; thousands of names would only fill
  // the string table.
  options.UniqueSectionNames = false;
  // A fused multiply-add rounds once where the specification rounds twice.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;

  bool isPic = choice.model == CodeModel::Instance;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, choice.cpu, choice.features, options,
      isPic ? llvm::Reloc::PIC_ : llvm::Reloc::Static, llvm::CodeModel::Small,
      codeGenLevel(choice.level)));
  machine->setFastISel(choice.level == OptLevel::O0);
  machine->setO0WantsFastISel(true);
  return machine;
}

/// Works around LLVM 22's x86 back end, which takes every `musttail` call for
/// one whose stack arguments are those of its caller (llvm/llvm-project issue
/// 199224): arguments past the registers were dropped, and the caller's were
/// not taken off the stack. `tail` between functions of `tailcc` is guaranteed
/// too, and right, if the call is followed by its return; as nothing behind the
/// optimizer separates them, that still holds. To go with the LLVM that has the
/// repair.
static void relaxMustTail(llvm::Module &ir) {
  for (llvm::Function &function : ir)
    for (llvm::BasicBlock &block : function)
      if (llvm::CallInst *call = block.getTerminatingMustTailCall())
        if (call->getCallingConv() == llvm::CallingConv::Tail)
          call->setTailCallKind(llvm::CallInst::TCK_Tail);
}

void moat::setTuning(llvm::Module &ir, const llvm::TargetMachine &target) {
  if (!target.getTargetCPU().starts_with("x86-64"))
    return;
  for (llvm::Function &function : ir)
    if (!function.isDeclaration())
      function.addFnAttr("tune-cpu", "generic");
}

Expected<ProcessorVersion>
moat::processorVersion(const TargetChoice &baseline, const std::string &cpu,
                       const std::string &features) {
  TargetChoice choice = baseline;
  choice.cpu = cpu;
  choice.features = features;
  // Knows the target, and checks the names.
  if (auto machine = createTargetMachine(choice); !machine)
    return machine.takeError();
  llvm::Triple triple(baseline.triple);
  std::string message;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, message);
  std::unique_ptr<llvm::MCSubtargetInfo> has(
      target->createMCSubtargetInfo(triple, cpu, features));
  std::unique_ptr<llvm::MCSubtargetInfo> had(target->createMCSubtargetInfo(
      triple, baseline.cpu, baseline.features));

  ProcessorVersion version;
  version.name = cpu;
  version.tuning = StringRef(cpu).starts_with("x86-64") ? "generic" : cpu;
  version.features = baseline.features;
  uint64_t bit = 1;
  for (const abi::ProcessorFeature &feature : abi::processorFeatures) {
    std::string name = std::string("+") + feature.text;
    if (has->checkFeatures(name) && !had->checkFeatures(name)) {
      version.needs |= bit;
      version.features += (version.features.empty() ? "" : ",") + name;
    }
    bit <<= 1;
  }
  return version;
}

Error moat::emit(llvm::Module &ir, llvm::TargetMachine &target, EmitAs kind,
                 llvm::raw_pwrite_stream &os) {
#ifdef MOAT_CHECKED
  constexpr bool disableVerify = false;
#else
  constexpr bool disableVerify = true;
#endif
  relaxMustTail(ir);
  llvm::legacy::PassManager passes;
  auto type = kind == EmitAs::Object ? llvm::CodeGenFileType::ObjectFile
                                     : llvm::CodeGenFileType::AssemblyFile;
  if (target.addPassesToEmitFile(passes, os, nullptr, type, disableVerify))
    return errorOf("--target=" + target.getTargetTriple().str() +
                   ": cannot emit such a file");
  passes.run(ir);
  return Error::success();
}
