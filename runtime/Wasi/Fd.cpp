// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Everything on an open descriptor but reading directories (Readdir.cpp). The
// order in each body: guest memory, the descriptor and its rights, the
// arguments, then one call of the host. Errors beyond those named are the
// host's, as the cited call has them.

#include "Guest.h"
#include "Terminal.h"
#include "Times.h"

namespace moat::rt {

using host::FileType;
using wasi::Guest;
using wasi::Vectors;

/// A descriptor that is no directory, with the rights of \p needed. Badf: there
/// is none, or it is a directory; Notcapable.
static Result<DescriptorUse> lookupFile(Instance &instance, uint32_t fd,
                                        Rights needed) {
  auto found = instance.descriptors->lookup(fd);
  if (found && found->isDirectory())
    return Fail(Errno::Badf);
  if (found &&
      instance.descriptors->require(fd, *found, needed) != Errno::Success)
    return Fail(Errno::Notcapable);
  return found;
}

/// The same where a position is needed. Spipe: the descriptor has none.
static Result<DescriptorUse> lookupSeekable(Instance &instance, uint32_t fd,
                                            Rights needed) {
  auto found = lookupFile(instance, fd, 0);
  if (!found)
    return found;
  const DescriptorUse &descriptor = *found;
  if (descriptor.type == FileType::Fifo || descriptor.isSocket() ||
      descriptor.isTerminal)
    return Fail(Errno::Spipe);
  return lookupFile(instance, fd, needed);
}

/// Gives advice on how a range of a file will be used. Badf, Notcapable; Inval:
/// no such advice, or a range past 2^63; Spipe: a pipe. WASI preview 1,
/// fd_advise. As posix_fadvise(2).
Errno wasi::fd_advise(Instance &instance, uint32_t fd, uint64_t offset,
                      uint64_t sizeBytes, uint32_t advice) {
  auto descriptor = lookupSeekable(instance, fd, FdAdvise);
  if (!descriptor)
    return descriptor.error();
  constexpr uint32_t adviceCount = 6;
  if (advice >= adviceCount || offset > INT64_MAX || sizeBytes > INT64_MAX)
    return Errno::Inval;
  return host::advise(descriptor->handle.get(), offset, sizeBytes,
                      static_cast<uint8_t>(advice));
}

/// Makes sure that a range of a file has space, and makes the file longer if it
/// ends before the range does. Badf, Notcapable; Inval: an empty range; Fbig;
/// Nospc; Notsup: the file system cannot. WASI preview 1, fd_allocate. As
/// fallocate(2) with mode 0. The whole range counts as written, before it is
/// known what of it had space; Dquot.
Errno wasi::fd_allocate(Instance &instance, uint32_t fd, uint64_t offset,
                        uint64_t sizeBytes) {
  auto descriptor = lookupSeekable(instance, fd, FdAllocate);
  if (!descriptor)
    return descriptor.error();
  WriteQuota *quota = instance.writeQuota;
  if (quota && !quota->takeAll(sizeBytes))
    return Errno::Dquot;
  Errno error = host::allocate(descriptor->handle.get(), offset, sizeBytes);
  if (quota && error != Errno::Success)
    quota->giveBack(sizeBytes);
  return error;
}

/// Closes a descriptor, a preopen as well. Badf.
/// WASI preview 1, fd_close. As close(2).
Errno wasi::fd_close(Instance &instance, uint32_t fd) {
  return instance.descriptors->close(fd);
}

/// Writes a file's data to its device. Badf, Notcapable.
/// WASI preview 1, fd_datasync. As fdatasync(2).
Errno wasi::fd_datasync(Instance &instance, uint32_t fd) {
  auto descriptor = instance.descriptors->lookup(fd, FdDatasync);
  if (!descriptor)
    return descriptor.error();
  return host::syncData(descriptor->handle.get());
}

/// Writes a descriptor's kind, flags and rights, 24 bytes. Fault, Badf.
/// WASI preview 1, fd_fdstat_get.
Errno wasi::fd_fdstat_get(Instance &instance, uint32_t fd, uint32_t result) {
  auto slot = Guest(instance).slot<Fdstat>(result);
  if (!slot)
    return slot.error();
  auto descriptor = instance.descriptors->lookup(fd);
  if (!descriptor)
    return descriptor.error();
  slot->set({.filetype = filetype(descriptor->type),
             .flags = descriptor->flags,
             .rightsBase = descriptor->base,
             .rightsInheriting = descriptor->inheriting});
  return Errno::Success;
}

/// Replaces a descriptor's flags. Badf, Notcapable; Inval: an unknown flag.
/// WASI preview 1, fd_fdstat_set_flags. As fcntl(2) with F_SETFL; the sync
/// flags, which Linux would ignore there, hold for the writes that follow.
Errno wasi::fd_fdstat_set_flags(Instance &instance, uint32_t fd,
                                uint32_t flags) {
  return instance.descriptors->change(
      fd, FdFdstatSetFlags, [&](Descriptor &descriptor) {
        if (flags & ~uint32_t(allFdFlags))
          return Errno::Inval;
        if ((descriptor.flags ^ flags) & FdNonblock)
          if (Errno error = host::setNonBlocking(descriptor.handle.get(),
                                                 (flags & FdNonblock) != 0);
              error != Errno::Success)
            return error;
        descriptor.flags = static_cast<uint16_t>(flags);
        return Errno::Success;
      });
}

/// Takes rights away. Badf; Notcapable: a right is asked for that the
/// descriptor has not. WASI preview 1, fd_fdstat_set_rights.
Errno wasi::fd_fdstat_set_rights(Instance &instance, uint32_t fd, uint64_t base,
                                 uint64_t inheriting) {
  return instance.descriptors->change(fd, 0, [&](Descriptor &descriptor) {
    if ((base & ~descriptor.base) || (inheriting & ~descriptor.inheriting))
      return Errno::Notcapable;
    descriptor.base = base;
    descriptor.inheriting = inheriting;
    return Errno::Success;
  });
}

Result<host::FileInfo> wasi::fileInfo(Instance &instance, uint32_t fd) {
  auto descriptor = instance.descriptors->lookup(fd, FdFilestatGet);
  if (!descriptor)
    return Fail(descriptor.error());
  auto info = host::status(descriptor->handle.get());
  if (info && descriptor->isSocket())
    info->type = descriptor->type;
  return info;
}

/// Writes what is known of the file, 64 bytes. Fault, Badf, Notcapable.
/// WASI preview 1, fd_filestat_get. As fstat(2).
Errno wasi::fd_filestat_get(Instance &instance, uint32_t fd, uint32_t result) {
  auto slot = Guest(instance).slot<Filestat>(result);
  if (!slot)
    return slot.error();
  auto info = fileInfo(instance, fd);
  if (!info)
    return info.error();
  slot->set(Filestat::of(*info));
  return Errno::Success;
}

/// Cuts a file off or extends it by zeros. Badf, Notcapable; Inval: a size past
/// 2^63, or not a file with a size; Fbig. WASI preview 1, fd_filestat_set_size.
/// As ftruncate(2).
Errno wasi::fd_filestat_set_size(Instance &instance, uint32_t fd,
                                 uint64_t sizeBytes) {
  auto descriptor = lookupFile(instance, fd, FdFilestatSetSize);
  if (!descriptor)
    return descriptor.error();
  return host::setSize(descriptor->handle.get(), sizeBytes);
}

/// Sets the times of access and modification. Badf, Notcapable; Inval: a time
/// is to be both given and now, or an unknown flag. WASI preview 1,
/// fd_filestat_set_times. As futimens(3).
Errno wasi::fd_filestat_set_times(Instance &instance, uint32_t fd,
                                  uint64_t accessed, uint64_t modified,
                                  uint32_t flags) {
  auto descriptor = instance.descriptors->lookup(fd, FdFilestatSetTimes);
  if (!descriptor)
    return descriptor.error();
  auto times = newTimes(accessed, modified, flags);
  if (!times)
    return times.error();
  return host::setTimes(descriptor->handle.get(), times->accessed,
                        times->modified);
}

/// Reads at an offset; the position stays. Fault, Badf, Notcapable, Spipe;
/// Inval: an offset past 2^63. WASI preview 1, fd_pread. As preadv(2).
Errno wasi::fd_pread(Instance &instance, uint32_t fd, uint32_t iovs,
                     uint32_t count, uint64_t offset, uint32_t result) {
  Guest guest(instance);
  Vectors vectors(alloca(Vectors::storageBytes(count)));
  auto slot = guest.slot<uint32_t>(result);
  if (!slot)
    return slot.error();
  if (Errno error = guest.loadVectors(iovs, count, vectors);
      error != Errno::Success)
    return error;
  auto descriptor = lookupSeekable(instance, fd, FdRead | FdSeek);
  if (!descriptor)
    return descriptor.error();
  auto sizeBytes = host::readAt(descriptor->handle.get(), vectors, offset);
  if (!sizeBytes)
    return sizeBytes.error();
  slot->set(*sizeBytes);
  return Errno::Success;
}

/// Tells that a descriptor is a preopened directory, and how long its path is.
/// Fault; Badf: there is no such descriptor, or it is not a preopen, which ends
/// the guest's search. WASI preview 1, fd_prestat_get.
Errno wasi::fd_prestat_get(Instance &instance, uint32_t fd, uint32_t result) {
  auto slot = Guest(instance).slot<Prestat>(result);
  if (!slot)
    return slot.error();
  auto descriptor = instance.descriptors->lookup(fd);
  if (!descriptor || !descriptor->isPreopen)
    return Errno::Badf;
  slot->set(
      {.tag = 0,
       .nameSizeBytes = static_cast<uint32_t>(descriptor->guestPath.size())});
  return Errno::Success;
}

/// Writes a preopen's path, without a NUL. Fault, Badf; Nametoolong: it does
/// not fit. WASI preview 1, fd_prestat_dir_name.
Errno wasi::fd_prestat_dir_name(Instance &instance, uint32_t fd, uint32_t path,
                                uint32_t sizeBytes) {
  auto buffer = Guest(instance).slice(path, sizeBytes);
  if (!buffer)
    return buffer.error();
  auto descriptor = instance.descriptors->lookup(fd);
  if (!descriptor || !descriptor->isPreopen)
    return Errno::Badf;
  std::string_view guestPath = descriptor->guestPath;
  if (guestPath.size() > buffer->size())
    return Errno::Nametoolong;
  memcpy(buffer->data(), guestPath.data(), guestPath.size());
  return Errno::Success;
}

/// Writes at an offset; the position stays. The offset holds even with fdflags
/// append. Fault, Badf, Notcapable, Spipe; Inval: an offset past 2^63; Dquot:
/// the limit on bytes written. WASI preview 1, fd_pwrite. As pwritev(2).
Errno wasi::fd_pwrite(Instance &instance, uint32_t fd, uint32_t iovs,
                      uint32_t count, uint64_t offset, uint32_t result) {
  Guest guest(instance);
  Vectors vectors(alloca(Vectors::storageBytes(count)));
  auto slot = guest.slot<uint32_t>(result);
  if (!slot)
    return slot.error();
  if (Errno error = guest.loadVectors(iovs, count, vectors);
      error != Errno::Success)
    return error;
  auto descriptor = lookupSeekable(instance, fd, FdWrite | FdSeek);
  if (!descriptor)
    return descriptor.error();
  host::WriteMode mode = descriptor->writeMode();
  mode.isAppend = false;
  WriteShare share(instance.writeQuota, vectors.items, vectors.count);
  if (share.error() != Errno::Success)
    return share.error();
  auto sizeBytes =
      host::writeAt(descriptor->handle.get(), vectors, offset, mode);
  if (!sizeBytes)
    return sizeBytes.error();
  share.written(*sizeBytes);
  slot->set(*sizeBytes);
  return Errno::Success;
}

/// Reads from the position on. 0 bytes: the end. Fault, Badf, Notcapable;
/// Again: non-blocking, and nothing there. WASI preview 1, fd_read. As
/// readv(2).
Errno wasi::fd_read(Instance &instance, uint32_t fd, uint32_t iovs,
                    uint32_t count, uint32_t result) {
  Guest guest(instance);
  Vectors vectors(alloca(Vectors::storageBytes(count)));
  auto slot = guest.slot<uint32_t>(result);
  if (!slot)
    return slot.error();
  if (Errno error = guest.loadVectors(iovs, count, vectors);
      error != Errno::Success)
    return error;
  auto descriptor = lookupFile(instance, fd, FdRead);
  if (!descriptor)
    return descriptor.error();
  auto sizeBytes = host::read(descriptor->handle.get(), vectors);
  if (!sizeBytes)
    return sizeBytes.error();
  slot->set(*sizeBytes);
  return Errno::Success;
}

/// Replaces descriptor \p to by \p from, which is then free. Badf: one of them
/// is not open. WASI preview 1, fd_renumber. As dup2(2) and close(2).
Errno wasi::fd_renumber(Instance &instance, uint32_t from, uint32_t to) {
  return instance.descriptors->renumber(from, to);
}

/// Moves the position and tells it. Fault, Badf, Notcapable, Spipe; Inval: no
/// such whence, or a position below 0. WASI preview 1, fd_seek. As lseek(2).
Errno wasi::fd_seek(Instance &instance, uint32_t fd, uint64_t offset,
                    uint32_t whence, uint32_t result) {
  auto slot = Guest(instance).slot<uint64_t>(result);
  if (!slot)
    return slot.error();
  static constexpr host::Whence whences[] = {
      host::Whence::Start, host::Whence::Current, host::Whence::End};
  if (whence >= std::size(whences))
    return Errno::Inval;
  // Where the position is may be asked with the lesser right.
  bool onlyTells = whences[whence] == host::Whence::Current && offset == 0;
  auto descriptor = lookupSeekable(instance, fd, onlyTells ? 0 : FdSeek);
  if (!descriptor)
    return descriptor.error();
  if (onlyTells && !(descriptor->base & (FdSeek | FdTell)))
    return Errno::Notcapable;
  auto position = host::seek(descriptor->handle.get(),
                             static_cast<int64_t>(offset), whences[whence]);
  if (!position)
    return position.error();
  slot->set(*position);
  return Errno::Success;
}

/// Writes a file's data and metadata to its device. Badf, Notcapable.
/// WASI preview 1, fd_sync. As fsync(2).
Errno wasi::fd_sync(Instance &instance, uint32_t fd) {
  auto descriptor = instance.descriptors->lookup(fd, FdSync);
  if (!descriptor)
    return descriptor.error();
  return host::sync(descriptor->handle.get());
}

/// Tells the position. Fault, Badf, Notcapable, Spipe.
/// WASI preview 1, fd_tell. As lseek(2) by 0 bytes.
Errno wasi::fd_tell(Instance &instance, uint32_t fd, uint32_t result) {
  constexpr uint32_t current = 1;
  return fd_seek(instance, fd, 0, current, result);
}

/// Writes to a filtered terminal, one thread at a time. Badf, Notcapable; Again.
static Result<uint32_t> writeTerminal(Instance &instance, uint32_t fd,
                                      host::IoVectors vectors) {
  TableLock turn(instance.descriptors->sharing, &TableSharing::terminals);
  auto terminal = instance.descriptors->lookup(fd, FdWrite);
  if (!terminal)
    return Fail(terminal.error());
  auto written = wasi::writeFiltered(*terminal, vectors);
  (void)instance.descriptors->change(fd, 0, [&](Descriptor &descriptor) {
    if (descriptor.handle.get() == terminal->handle.get())
      descriptor.terminalState = terminal->terminalState;
    return Errno::Success;
  });
  return written;
}

/// Writes at the position, or at the end with fdflags append. Nothing is
/// buffered here. Fault, Badf, Notcapable; Again: non-blocking, and no room;
/// Pipe: nobody reads; Dquot: the limit on bytes written. WASI preview 1,
/// fd_write. As writev(2).
Errno wasi::fd_write(Instance &instance, uint32_t fd, uint32_t iovs,
                     uint32_t count, uint32_t result) {
  Guest guest(instance);
  Vectors vectors(alloca(Vectors::storageBytes(count)));
  auto slot = guest.slot<uint32_t>(result);
  if (!slot)
    return slot.error();
  if (Errno error = guest.loadVectors(iovs, count, vectors);
      error != Errno::Success)
    return error;
  auto descriptor = lookupFile(instance, fd, FdWrite);
  if (!descriptor)
    return descriptor.error();
  host::Handle handle = descriptor->handle.get();
  host::WriteMode mode = descriptor->writeMode();
  WriteShare share(instance.writeQuota, vectors.items, vectors.count);
  if (share.error() != Errno::Success)
    return share.error();
  auto sizeBytes = descriptor->isFiltered
                       ? writeTerminal(instance, fd, vectors)
                   : mode.isPlain() ? host::write(handle, vectors)
                                    : host::writeWith(handle, vectors, mode);
  if (!sizeBytes)
    return sizeBytes.error();
  share.written(*sizeBytes);
  slot->set(*sizeBytes);
  return Errno::Success;
}

} // namespace moat::rt
