// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Clocks: real time, monotonic time, and the processor time of process and
// thread.

#include "Guest.h"

namespace moat::rt {

using host::Clock;

static Result<Clock> clockOf(uint32_t id) {
  if (id > static_cast<uint32_t>(Clock::ThreadCpu))
    return Fail(Errno::Inval);
  return static_cast<Clock>(id);
}

/// The clock's resolution in nanoseconds, never 0. Fault; Inval: there is no
/// such clock. WASI preview 1, clock_res_get. As clock_getres(2).
Errno wasi::clock_res_get(Instance &instance, uint32_t id, uint32_t result) {
  auto slot = Guest(instance).slot<uint64_t>(result);
  if (!slot)
    return slot.error();
  auto clock = clockOf(id);
  if (!clock)
    return clock.error();
  auto resolution = host::resolution(*clock);
  if (!resolution)
    return resolution.error();
  uint64_t ns = timestamp(*resolution);
  slot->set(ns ? ns : 1);
  return Errno::Success;
}

/// The clock's time in nanoseconds. Always exact: \p precision asks for nothing
/// more. Fault; Inval: there is no such clock. WASI preview 1, clock_time_get.
/// As clock_gettime(2).
Errno wasi::clock_time_get(Instance &instance, uint32_t id, uint64_t precision,
                           uint32_t result) {
  auto slot = Guest(instance).slot<uint64_t>(result);
  if (!slot)
    return slot.error();
  auto clock = clockOf(id);
  if (!clock)
    return clock.error();
  auto time = host::now(*clock);
  if (!time)
    return time.error();
  slot->set(timestamp(*time));
  return Errno::Success;
}

} // namespace moat::rt
