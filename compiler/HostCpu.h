// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What `--mcpu=native` means on this machine. Shared by the driver, whose cache
// key holds the resolved processor, and by the library.

#pragma once

#include <string>
#include <vector>

namespace moat {

/// Replaces \p cpu, if it is `native`, by LLVM's name of this machine's
/// processor, and puts the features that it really has in front of \p features.
void resolveNativeCpu(std::string &cpu, std::string &features);

/// A processor, and what is to be changed about its features.
struct NamedCpu {
  std::string cpu;
  std::string features;
};

/// The processors behind the first one of the list that `--mcpu` takes, none of
/// them `native`; each with \p features behind its own. \p cpus keeps the
/// first.
std::vector<NamedCpu> takeBetterCpus(std::string &cpus,
                                     const std::string &features);

} // namespace moat
