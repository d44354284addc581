// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The target machine, and LLVM IR to an object or to assembly.

#pragma once

#include "LLVM.h"
#include "Lower/Lower.h"
#include "Optimize/Optimize.h"
#include <memory>
#include <string>

namespace llvm {
class Module;
class TargetMachine;
class raw_pwrite_stream;
} // namespace llvm

namespace moat {

struct TargetChoice {
  std::string triple;   ///< normalized
  std::string cpu;      ///< never `native`
  std::string features; ///< LLVM's spelling
  CodeModel model = CodeModel::Process;
  OptLevel level = OptLevel::O2;
};

/// The triple of executables for this machine's processor.
std::string defaultTriple();

/// The portable processor of \p triple: what programs for other machines are
/// made for.
std::string defaultCpu(StringRef triple);

/// A target machine is not safe to share: every thread makes its own. Errors
/// name the option that has no such value.
Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const TargetChoice &choice);

/// Tunes the functions of \p ir for no processor in particular, where \p target
/// is one of the x86-64-v… levels: LLVM would tune for the oldest that has the
/// level, with slow rotates, as clang does not. To be called before optimizing.
void setTuning(llvm::Module &ir, const llvm::TargetMachine &target);

/// What a version of functions for the processor \p cpu (a name of LLVM's) may
/// use beyond \p baseline: the features that programs can ask a machine for
/// (abi/ProcessorFeatures.def). \p features are changes to those of \p cpu.
Expected<ProcessorVersion> processorVersion(const TargetChoice &baseline,
                                            const std::string &cpu,
                                            const std::string &features);

enum class EmitAs : uint8_t { Assembly, Object };

/// Generates code for \p ir, which is used up.
Error emit(llvm::Module &ir, llvm::TargetMachine &target, EmitAs kind,
           llvm::raw_pwrite_stream &os);

} // namespace moat
