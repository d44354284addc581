// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Classifying a descriptor of the host: its kind decides which rights make
// sense, and the mode it was opened with which of those it has.

#include "Descriptor.h"

namespace moat::rt {

using host::FileType;

static Rights rightsOf(const Descriptor &descriptor) {
  switch (descriptor.type) {
  case FileType::Directory:
    // Being handed in as a stream grants nothing below it: only a preopen does.
    return FdFilestatGet;
  case FileType::RegularFile:
  case FileType::BlockDevice:
    return regularFileRights;
  case FileType::CharacterDevice:
    // A terminal has no position: wasi-libc's isatty goes by these two rights.
    return descriptor.isTerminal ? regularFileRights & ~Rights(FdSeek | FdTell)
                                 : regularFileRights;
  case FileType::StreamSocket:
  case FileType::DatagramSocket:
    return socketRights;
  default:
    return streamRights;
  }
}

Result<Descriptor> adopt(host::OwnedHandle handle) {
  auto type = host::typeAtStart(handle.get());
  if (!type)
    return Fail(type.error());
  auto mode = host::accessMode(handle.get());
  if (!mode)
    return Fail(mode.error());

  Descriptor result;
  result.type = *type;
  if (*type == FileType::StreamSocket)
    if (auto socket = host::socketType(handle.get()))
      result.type = *socket;
  if (*type == FileType::CharacterDevice)
    result.isTerminal = host::isTerminal(handle.get());

  result.flags =
      (mode->isAppend ? FdAppend : 0) | (mode->isDataSync ? FdDsync : 0) |
      (mode->isNonBlocking ? FdNonblock : 0) | (mode->isSync ? FdSyncAll : 0);
  result.base = rightsOf(result);
  if (result.type == FileType::StreamSocket)
    result.inheriting = socketRights; // of accepted connections
  if (!mode->canRead)
    result.base &= ~Rights(FdRead);
  if (!mode->canWrite)
    result.base &= ~Rights(FdWrite | FdAllocate | FdFilestatSetSize);
  result.handle = static_cast<host::OwnedHandle &&>(handle);
  return result;
}

} // namespace moat::rt
