// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What a guest writes to a terminal, without what a terminal would obey: it
// could change settings, hide text, or be made to type. Asked for by
// --filter-terminal.

#pragma once

#include "Capability/DescriptorTable.h"

namespace moat::rt::wasi {

/// Writes \p vectors to a terminal, with `?` in the place of every control
/// character but newline, tab and carriage return, and of every byte that is
/// not UTF-8. At most so much at a time as a small buffer holds, so mostly
/// less than all. \returns the bytes of the guest that were written; Again.
Result<uint32_t> writeFiltered(DescriptorUse &terminal, host::IoVectors vectors);

} // namespace moat::rt::wasi
