// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Capabilities to the bytes that are baked into an executable, and back
// (include/moat/abi/Manifest.h has the format). Opens nothing.

#pragma once

#include "LLVM.h"
#include "moat/Compiler.h"
#include <string>

namespace moat {

/// The manifest of \p capabilities. It is sealed if anything but a stack size
/// or layers of defence is baked in and they are not open.
std::string encodeManifest(const Capabilities &capabilities);

/// Whether anything but a stack size is baked in: then it is sealed unless it
/// is open.
bool isSealedByContents(const Capabilities &capabilities);

/// Reads a manifest back; `isOpen` is set unless it is sealed. Errors: not a
/// manifest, of another version, or with a record that this version of moat
/// does not know.
Expected<Capabilities> decodeManifest(StringRef bytes);

/// What no option and no manifest may say: names that are none, NULs in texts
/// that end at one, a stack too small to run on, MOAT_WASI inherited. The error
/// names it.
Error checkCapabilities(const Capabilities &capabilities);

/// Reads `[exe:|cwd:]HOST[::GUEST][:ro]`. Without GUEST, the guest sees the
/// folder by HOST's name.
Expected<PreopenOption> parsePreopen(StringRef text);

/// The layers of defence (abi::HardenLayer) where no option says anything: all,
/// or those that do not depend on what foreign code needs.
uint32_t defaultHardenLayers(const CompileOptions &options);

/// Reads a list of layers of defence, `-seccomp,+landlock`, `all` or `none`,
/// and changes \p layers (abi::HardenLayer) by it.
Error parseHardenLayers(StringRef list, uint32_t &layers);

/// Reads `inherit`, `null` or `[append:][exe:|cwd:]FILE`. Errors: input that is
/// to be appended to.
Expected<StreamOption> parseStream(StringRef text, bool isInput);

/// Reads a limit as abi/Units.h says.
Expected<uint64_t> parseLimit(const abi::LimitRow &row, StringRef text);
/// Writes one, so that parseLimit reads the same value.
std::string formatLimit(const abi::LimitRow &row, uint64_t value);

/// Reads a number of bytes: `65536`, `64K`, `8M`, `1G`.
Expected<uint64_t> parseSizeBytes(StringRef text);

} // namespace moat
