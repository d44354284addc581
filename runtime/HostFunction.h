// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// A function that a host program provides to modules (instance model).

#pragma once

#include "moat/abi/Layout.h"

namespace moat::rt {

/// Gets the arguments in values[0] on, and replaces them by the results. Runs
/// on the guest's stack, of which at least abi::hostStackBytes are left. It may
/// call compiled code, by Store::invoke() to survive its traps, and may trap
/// itself (moat_trap); then its own frames are left without running
/// destructors.
using HostCallback = void (*)(void *userData, abi::Value *values);

/// Compiled code passes its address where functions of modules get their
/// instance.
struct HostFunction {
  abi::Instance instance; ///< only the context is set
  HostCallback callback;
  void *userData;
  abi::FuncRef ref;   ///< how modules call it; the code is that of the first
                      ///< module with its type
  HostFunction *next; ///< of the store
};
static_assert(offsetof(HostFunction, instance) == 0);

} // namespace moat::rt
