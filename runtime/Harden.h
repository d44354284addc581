// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The layers of defence that an executable puts around itself between its start
// and its guest (include/moat/abi/Hardening.def lists them). What a guest may
// do is decided by WASI and its capabilities; the layers hold where those, the
// compiler or the processor fail.
//
// All of them belong to the process or are passed on to its threads, so they
// come before any thread is made.

#pragma once

#include "Capability/DescriptorTable.h"
#include "moat/abi/Manifest.h"

namespace moat::rt {

/// What became of the layers that were asked for.
struct Hardening {
  uint32_t requested = 0; ///< abi::HardenLayer
  uint32_t enforced = 0;
  /// Left out, since a layer that is in force leaves it nothing to decide.
  uint32_t implied = 0;
  int landlockVersion = 0; ///< 0: none
  /// Why a layer that was requested is not enforced.
  Errno errors[abi::detail::layerCount] = {};
};

/// Puts \p layers (abi::HardenLayer) in force. Only what \p descriptors holds,
/// and the standard streams, stays open; only what lies below its preopened
/// directories can be opened. To be called once, when nothing else is to be
/// opened for the guest, and before the guest runs. If they \p areRequired,
/// none is left out.
Hardening harden(DescriptorTable &descriptors, uint32_t layers,
                 bool areRequired);

/// A layer's name and what it does (abi/Hardening.def). \p index is below
/// abi::detail::layerCount.
struct LayerText {
  const char *spelling, *text;
};
LayerText layerText(uint32_t index);

/// Reads a list such as `-seccomp,+landlock`, `all` or `none`, and changes
/// \p layers by it. False: something else.
bool parseLayers(const char *list, uint32_t &layers);

} // namespace moat::rt
