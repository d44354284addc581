// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the threads of an executable share with its start.

#pragma once

#include "Errno.h"
#include "Trap.h"
#include "moat/abi/Layout.h"

// Defined by the compiler.
extern "C" const moat::abi::ModuleDescriptor moat_module;

namespace moat::rt {

/// Ends the process: prints the trap, if \p record is of one, and exits as it
/// says.
[[noreturn]] void endProcess(const TrapRecord &record);

// Sets moat_versions (abi/Versions.h). Null where nothing has versions.
extern "C" [[gnu::weak, gnu::visibility("hidden")]] void moat_choose_versions();

// Null where there is never a second thread.
extern "C" {

/// The tables that \p instance, the main thread's, begins with, yet to be made:
/// its own if Flag::Threads is set. Null: no memory.
[[gnu::weak, gnu::visibility("hidden")]] abi::Table *
moat_own_tables(abi::Instance &instance);

/// Returns to the first thread that calls it, and keeps all others until the
/// process has ended.
[[gnu::weak, gnu::visibility("hidden")]] void moat_end_alone();
}

} // namespace moat::rt
