// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What an executable runs once its module is instantiated: the export `_start`.
// This archive member is linked only if no object on moat's command line
// defines moat_main.

#include "moat/abi/Layout.h"

// The export `_start`, by the naming rule in abi/Layout.h.
extern "C" void moat_export__start(moat::abi::Instance *instance);

extern "C" void moat_main(moat::abi::Instance *instance) {
  moat_export__start(instance);
}
