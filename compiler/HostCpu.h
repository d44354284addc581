// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What `--mcpu=native` means on this machine. Shared by the driver, whose cache
// key holds the resolved processor, and by the library.

#pragma once

#include <string>

namespace moat {

/// Replaces \p cpu, if it is `native`, by LLVM's name of this machine's
/// processor, and puts the features that it really has in front of \p features.
void resolveNativeCpu(std::string &cpu, std::string &features);

} // namespace moat
