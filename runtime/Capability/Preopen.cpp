// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The guest's first descriptors. What the host names here (directories, files
// for the streams) is trusted: links lead anywhere. Nothing of that is
// reachable once the guest runs.

#include "Preopen.h"

namespace moat::rt {

using host::OwnedHandle;

static Errno insertAdopted(DescriptorTable &table, OwnedHandle handle) {
  auto descriptor = adopt(static_cast<OwnedHandle &&>(handle));
  if (!descriptor)
    return descriptor.error();
  auto fd = table.insert(static_cast<Descriptor &&>(*descriptor));
  return fd ? Errno::Success : fd.error();
}

/// A stream that is closed to the guest, but occupies its number. The answer to
/// its use is the host's: Badf.
static Result<Descriptor> closedStream() {
  auto placeholder =
      host::openTrusted(host::workingDirectory, "/", {.isPathOnly = true});
  if (!placeholder)
    return Fail(placeholder.error());
  Descriptor closed;
  closed.handle = static_cast<OwnedHandle &&>(*placeholder);
  closed.base = FdRead | FdWrite;
  return closed;
}

static Errno insertClosed(DescriptorTable &table) {
  auto closed = closedStream();
  if (!closed)
    return closed.error();
  auto fd = table.insert(static_cast<Descriptor &&>(*closed));
  return fd ? Errno::Success : fd.error();
}

Errno duplicateStream(DescriptorTable &table, host::Handle stream) {
  auto duplicate = host::duplicate(stream);
  if (duplicate)
    return insertAdopted(table, OwnedHandle(*duplicate));
  // The standard streams of a program may be closed; others are somebody's
  // mistake.
  return duplicate.error() == Errno::Badf && stream <= 2
             ? insertClosed(table)
             : duplicate.error();
}

Errno inheritStreams(DescriptorTable &table) {
  for (host::Handle stream = 0; stream != 3; ++stream) {
    Errno error = insertAdopted(table, OwnedHandle(stream));
    if (error == Errno::Success)
      continue;
    if (error != Errno::Badf)
      return error;
    // A closed stream. open(2) takes the lowest free number, which is this
    // stream's.
    if (Errno closed = insertClosed(table); closed != Errno::Success)
      return closed;
  }
  // To the guest, a reader that has gone is an errno (Pipe), not the end.
  host::ignoreWriteSignals();
  return Errno::Success;
}

static Result<Descriptor> openStream(bool isInput,
                                     const StreamRequest &request) {
  host::OpenMode mode = {.canRead = isInput, .canWrite = !isInput};
  mode.isCreate = !isInput && request.hostPath;
  mode.isTruncate = mode.isCreate && !request.isAppend;
  auto handle = host::openTrusted(
      request.relativeTo, request.hostPath ? request.hostPath : "/dev/null",
      mode);
  if (!handle)
    return Fail(handle.error());
  auto descriptor = adopt(static_cast<OwnedHandle &&>(*handle));
  if (descriptor && request.isAppend &&
      descriptor->type == host::FileType::RegularFile)
    descriptor->flags |= FdAppend;
  return descriptor;
}

Errno redirectStream(DescriptorTable &table, uint32_t fd,
                     const StreamRequest &request) {
  auto descriptor = request.isClosed ? closedStream()
                                     : openStream(/*isInput=*/fd == 0, request);
  if (!descriptor)
    return descriptor.error();
  return table.change(fd, 0, [&](Descriptor &slot) {
    if (fd == 2)
      slot.handle.release();
    slot = static_cast<Descriptor &&>(*descriptor);
    return Errno::Success;
  });
}

Errno openPreopen(DescriptorTable &table, const PreopenRequest &request) {
  host::OpenMode mode = {.canRead = true, .isDirectory = true};
  auto handle = host::openTrusted(request.relativeTo, request.hostPath, mode);
  if (!handle && handle.error() == Errno::Acces) {
    // One that may be passed through but not listed.
    mode.isPathOnly = true;
    handle = host::openTrusted(request.relativeTo, request.hostPath, mode);
  }
  if (!handle)
    return handle.error();

  Rights denied = request.isReadOnly ? changingRights : 0;
  Descriptor descriptor;
  descriptor.handle = static_cast<OwnedHandle &&>(*handle);
  descriptor.type = host::FileType::Directory;
  descriptor.isPreopen = true;
  descriptor.isReadOnly = request.isReadOnly;
  descriptor.base = directoryRights & ~denied;
  descriptor.inheriting = (directoryRights | regularFileRights) & ~denied;
  descriptor.guestPath = request.guestPath;
  auto fd = table.insert(static_cast<Descriptor &&>(descriptor));
  return fd ? Errno::Success : fd.error();
}

Errno handOver(DescriptorTable &table, OwnedHandle handle) {
  return insertAdopted(table, static_cast<OwnedHandle &&>(handle));
}

} // namespace moat::rt
