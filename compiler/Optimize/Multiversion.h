// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Versions of functions for better processors than the one that the program
// needs, chosen when it starts.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace llvm {
class Function;
class Module;
} // namespace llvm

namespace moat {

/// A processor that functions get a version for.
struct ProcessorVersion {
  std::string name;     ///< in symbols
  std::string tuning;   ///< LLVM's name of the processor to tune for
  std::string features; ///< LLVM's list, the baseline's first
  uint64_t needs = 0;   ///< what the baseline lacks: abi::processorFeatures
};

/// Two passes over a module, around the loop passes: one makes a version of
/// every function with a loop that those may make vectors of, for each of the
/// processors, the other keeps those that got better ones.
class Multiversion {
public:
  explicit Multiversion(const std::vector<ProcessorVersion> &processors)
      : processors(processors) {}

  bool isWanted() const { return !processors.empty(); }
  void clone(llvm::Module &ir);
  void join(llvm::Module &ir);

private:
  struct Versions {
    llvm::Function *baseline;
    std::vector<llvm::Function *> better; ///< by processor
  };
  const std::vector<ProcessorVersion> &processors;
  std::vector<Versions> functions;
};

/// Defines moat_version_needs (abi/Versions.h), in one of the partitions.
void defineVersionNeeds(llvm::Module &ir,
                        const std::vector<ProcessorVersion> &processors);

} // namespace moat
