// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Scheduling.

#include "Guest.h"

namespace moat::rt {

/// Lets others run. Success.
/// WASI preview 1, sched_yield. As sched_yield(2).
Errno wasi::sched_yield(Instance &) {
  host::yield();
  return Errno::Success;
}

} // namespace moat::rt
