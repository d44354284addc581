// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// How a guest gets its first descriptors: 0, 1 and 2 are the standard streams,
// the preopened directories follow from 3 in the order in which they are
// opened, then sockets. To be called in that order on an empty table, before
// the guest runs.

#pragma once

#include "DescriptorTable.h"

namespace moat::rt {

/// Puts the host's standard streams at 0, 1 and 2. One that is closed stays a
/// closed one to the guest (Badf), but its number is occupied on both sides, so
/// that no file opened later takes its place. SIGPIPE and SIGXFSZ are ignored
/// from here on, for the whole process: a host program hands over duplicates of
/// its streams instead. Nfile, Mfile.
Errno inheritStreams(DescriptorTable &table);

/// Puts a duplicate of the host's descriptor \p stream at the lowest free
/// number; one that is closed as a closed one. Nfile, Mfile.
Errno duplicateStream(DescriptorTable &table, host::Handle stream);

/// What a standard stream becomes.
struct StreamRequest {
  /// NUL-terminated. Null: a stream that is empty, and takes everything.
  const char *hostPath = nullptr;
  bool isAppend = false; ///< of output: at the file's end; else it is emptied
  bool isClosed = false; ///< no file: neither can be read nor written (Badf)
  /// Where a relative hostPath begins.
  host::Handle relativeTo = host::workingDirectory;
};
/// Replaces the stream \p fd (0 to 2), after inheritStreams. A file is opened
/// for reading (0) or for writing (1, 2; created if need be). The host's own
/// standard error stays open: messages go there. \returns open(2)'s errors.
Errno redirectStream(DescriptorTable &table, uint32_t fd,
                     const StreamRequest &request);

struct PreopenRequest {
  const char *hostPath;       ///< NUL-terminated
  std::string_view guestPath; ///< must live as long as the table
  bool isReadOnly = false;
  /// Where a relative hostPath begins.
  host::Handle relativeTo = host::workingDirectory;
};
/// Opens a directory of the host for the guest. Links in the host's path are
/// followed.
/// \returns open(2)'s errors: Noent, Notdir, Acces.
Errno openPreopen(DescriptorTable &table, const PreopenRequest &request);

/// Hands the guest a socket, or any other descriptor that the host has open.
/// Badf.
Errno handOver(DescriptorTable &table, host::OwnedHandle handle);

} // namespace moat::rt
