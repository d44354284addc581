// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What a guest holds when it holds a file descriptor: the host's descriptor,
// and what the guest may do with it. Rights (WASI preview 1, rights) come in
// two sets: base, for the descriptor itself, and inheriting, the most that
// descriptors opened through it may have. They only ever shrink.

#pragma once

#include "Host/Host.h"
#include <string_view>

namespace moat::rt {

/// WASI preview 1, rights: a set of them, as the guest's bits.
using Rights = uint64_t;

enum Right : Rights {
  FdDatasync = Rights(1) << 0,
  FdRead = Rights(1) << 1,
  FdSeek = Rights(1) << 2,
  FdFdstatSetFlags = Rights(1) << 3,
  FdSync = Rights(1) << 4,
  FdTell = Rights(1) << 5,
  FdWrite = Rights(1) << 6,
  FdAdvise = Rights(1) << 7,
  FdAllocate = Rights(1) << 8,
  PathCreateDirectory = Rights(1) << 9,
  PathCreateFile = Rights(1) << 10,
  PathLinkSource = Rights(1) << 11,
  PathLinkTarget = Rights(1) << 12,
  PathOpen = Rights(1) << 13,
  FdReaddir = Rights(1) << 14,
  PathReadlink = Rights(1) << 15,
  PathRenameSource = Rights(1) << 16,
  PathRenameTarget = Rights(1) << 17,
  PathFilestatGet = Rights(1) << 18,
  PathFilestatSetSize = Rights(1) << 19,
  PathFilestatSetTimes = Rights(1) << 20,
  FdFilestatGet = Rights(1) << 21,
  FdFilestatSetSize = Rights(1) << 22,
  FdFilestatSetTimes = Rights(1) << 23,
  PathSymlink = Rights(1) << 24,
  PathRemoveDirectory = Rights(1) << 25,
  PathUnlinkFile = Rights(1) << 26,
  PollFdReadwrite = Rights(1) << 27,
  SockShutdown = Rights(1) << 28,
  SockAccept = Rights(1) << 29,
};

/// What makes sense for each kind of descriptor.
inline constexpr Rights regularFileRights =
    FdDatasync | FdRead | FdSeek | FdFdstatSetFlags | FdSync | FdTell |
    FdWrite | FdAdvise | FdAllocate | FdFilestatGet | FdFilestatSetSize |
    FdFilestatSetTimes | PollFdReadwrite;
inline constexpr Rights streamRights =
    FdRead | FdWrite | FdFdstatSetFlags | FdFilestatGet | PollFdReadwrite;
inline constexpr Rights socketRights = streamRights | SockShutdown | SockAccept;
inline constexpr Rights directoryRights =
    FdFdstatSetFlags | FdSync | FdDatasync | FdReaddir | FdFilestatGet |
    FdFilestatSetTimes | PathCreateDirectory | PathCreateFile | PathLinkSource |
    PathLinkTarget | PathOpen | PathReadlink | PathRenameSource |
    PathRenameTarget | PathFilestatGet | PathFilestatSetSize |
    PathFilestatSetTimes | PathSymlink | PathRemoveDirectory | PathUnlinkFile;
inline constexpr Rights allRights = (Rights(1) << 30) - 1;

/// Whatever changes something that outlives the guest. Linking is among them at
/// both ends: a hard link changes the file, and carries it to where it may be
/// written.
inline constexpr Rights changingRights =
    FdWrite | FdAllocate | PathCreateDirectory | PathCreateFile |
    PathLinkSource | PathLinkTarget | PathRenameSource | PathRenameTarget |
    PathFilestatSetSize | PathFilestatSetTimes | FdFilestatSetSize |
    FdFilestatSetTimes | PathSymlink | PathRemoveDirectory | PathUnlinkFile;

/// WASI preview 1, fdflags.
enum FdFlag : uint16_t {
  FdAppend = 1 << 0,
  FdDsync = 1 << 1,
  FdNonblock = 1 << 2,
  FdRsync = 1 << 3,
  FdSyncAll = 1 << 4,
};
inline constexpr uint16_t allFdFlags = 31;

/// Where in a UTF-8 sequence somebody writes.
struct Utf8State {
  uint8_t expected = 0;          ///< bytes that follow
  bool isFirstOfControl = false; ///< the first byte was that of U+0080
};

/// What is known of a descriptor, and what the guest may do with it.
struct DescriptorFacts {
  host::FileType type = host::FileType::Unknown;
  bool isTerminal = false;
  /// Of a terminal: control characters do not get there (Wasi/Terminal.h).
  bool isFiltered = false;
  Utf8State terminalState;
  bool isPreopen = false;
  bool isReadOnly = false; ///< a preopen's `:ro`, and what was opened below it
  /// Append and the sync flags are ours: given to each write. The host's
  /// descriptor has them only where it was inherited with them.
  uint16_t flags = 0;
  Rights base = 0;
  Rights inheriting = 0;
  /// For tracing: what was last asked for and not there.
  Rights refused = 0;
  /// The path under which the guest knows a preopen; the owner of the options
  /// keeps it.
  std::string_view guestPath;

  bool isDirectory() const { return type == host::FileType::Directory; }
  bool isSocket() const {
    return type == host::FileType::StreamSocket ||
           type == host::FileType::DatagramSocket;
  }
  /// Errno::Success, or Notcapable if a right of \p needed is missing.
  Errno require(Rights needed) const {
    return (base & needed) == needed ? Errno::Success : Errno::Notcapable;
  }
  host::WriteMode writeMode() const {
    return {.isAppend = (flags & FdAppend) != 0,
            .isDataSync = (flags & FdDsync) != 0,
            .isSync = (flags & (FdSyncAll | FdRsync)) != 0};
  }
};

struct Descriptor : DescriptorFacts {
  host::OwnedHandle handle;

  bool isOpen() const { return handle.isOpen(); }
};

/// Takes over a host descriptor: finds out what it is, and gives it the rights
/// that fit its kind and how it was opened. Badf: \p handle is not open.
Result<Descriptor> adopt(host::OwnedHandle handle);

} // namespace moat::rt
