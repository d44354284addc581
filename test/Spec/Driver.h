// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the runner's process model generates for each module (ProcessModel.cpp) and what
// the fixed part of the driver object (Driver.cpp) does with it and reports.

#pragma once

#include "moat/abi/Layout.h"

namespace moat::spec {

/// One call. The generated object defines `moat_spec_actions` and `moat_spec_action_count`.
struct DriverAction {
  /// Calls the export with the arguments in \p values, replaces them by the results.
  void (*call)(abi::Instance *instance, abi::Value *values);
  const abi::Value *arguments;
  uint32_t argumentCount;
  uint32_t resultCount;
};
static_assert(sizeof(DriverAction) == 24);

/// More than any function type of the suite has, in either direction.
inline constexpr uint32_t driverValueCount = 1000;

/// What the driver writes for each action, in order: this, then the results.
struct DriverReport {
  uint32_t action;
  int32_t trap; ///< the number of Traps.def, or -1
  uint32_t resultCount;
};

/// If the environment holds this, its value is the index of an action that is called
/// without protection: its trap must end the process.
inline constexpr char driverUnprotected[] = "MOAT_SPEC_UNPROTECTED";

} // namespace moat::spec
