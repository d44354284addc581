// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// statx(2), which both halves of the Linux host use. Its structure is the same
// on every processor, unlike that of stat(2).

#pragma once

#include "Host.h"

namespace moat::rt::host {

/// AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW: libc shows them to some feature macros
/// only.
inline constexpr int linuxEmptyPath = 0x1000;
inline constexpr int linuxNoFollow = 0x100;

/// statx(2) with AT_… flags.
Result<FileInfo> statusAt(Handle directory, const char *path, int flags);

} // namespace moat::rt::host
