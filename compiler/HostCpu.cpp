// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// LLVM asks the processor (cpuid, or what the kernel says).

#include "HostCpu.h"
#include "LLVM.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include <algorithm>

using namespace moat;

void moat::resolveNativeCpu(std::string &cpu, std::string &features) {
  if (cpu != "native")
    return;
  cpu = llvm::sys::getHostCPUName().str();
  std::vector<std::string> found;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    found.push_back((feature.second ? "+" : "-") + feature.first().str());
  // A StringMap has no order of its own.
  std::sort(found.begin(), found.end());
  if (!features.empty())
    found.push_back(features);
  features = llvm::join(found, ",");
}

std::vector<NamedCpu> moat::takeBetterCpus(std::string &cpus,
                                           const std::string &features) {
  SmallVector<StringRef> names;
  StringRef(cpus).split(names, ',');
  std::vector<NamedCpu> better;
  for (StringRef name : llvm::drop_begin(names)) {
    better.push_back({name.str(), features});
    resolveNativeCpu(better.back().cpu, better.back().features);
  }
  cpus = names.front().str();
  return better;
}
