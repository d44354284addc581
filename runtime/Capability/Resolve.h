// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// From a guest's path to a host's file, never leaving the directory that the
// path is relative to. There are two ways in, and nothing else of the runtime
// follows a guest's path:
//
//   openBeneath  opens what a path names;
//   openParent   opens the directory that holds the last component, for the
//   calls that
//                create, remove or rename an entry of it.
//
// Both resolve in one step and hand out a descriptor: nothing is looked at
// first and used by its path afterwards, so that no race with another process
// or guest can be won.

#pragma once

#include "DescriptorTable.h"
#include <cstddef>

namespace moat::rt {

/// A path of the guest is at most this long: PATH_MAX of Linux without the
/// final NUL.
inline constexpr size_t maximumPathBytes = 4095;

/// What a path gets that is absolute, or that leads out of its directory
/// through `..` or a symbolic link. (The suite of WASI preview 1 wants Perm,
/// not Notcapable.)
inline constexpr Errno leadsOutside = Errno::Perm;

/// A guest's path, copied out of its memory. NUL-terminated.
struct PathBuffer {
  char bytes[maximumPathBytes + 1];
  size_t sizeBytes = 0;
};

/// The directory that a path is relative to.
struct Base {
  host::Handle directory;
  Resolution resolution = Resolution::Kernel;
};

/// Opens what \p path names. Like openat(2), but never leaves \p base.
/// leadsOutside; Loop: too many links, or the last component is one and \p mode
/// does not follow it; Noent, Notdir, Acces, … as open(2).
Result<host::OwnedHandle> openBeneath(const Base &base, const char *path,
                                      host::OpenMode mode);

/// A directory entry to act on: \p name is a single component, perhaps with
/// slashes behind it, or `.` where the path names no entry but a directory
/// itself.
struct Parent {
  host::OwnedHandle opened;
  host::Handle directory; ///< of `opened`, or the base's own
  const char *name;       ///< lies in the path's buffer
};
/// Opens the directory that holds the last component of \p path, whose buffer
/// is cut there. The entry itself need not exist. As openBeneath; Noent: the
/// path is empty.
Result<Parent> openParent(const Base &base, PathBuffer &path);

/// Checks what a symbolic link at \p linkPath is to hold: neither absolute nor
/// leading out of \p base from where the link lies. (That a link is moved
/// later, or a directory on its way replaced, cannot be foreseen: resolving it
/// refuses then.) \returns Success, leadsOutside, Noent: the target is empty;
/// or why the link's directory cannot be opened.
Errno checkLinkTarget(const Base &base, const PathBuffer &linkPath,
                      const char *target);

} // namespace moat::rt
