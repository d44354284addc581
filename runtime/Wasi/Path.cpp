// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Everything that takes a path. In each body: results are checked and paths
// copied, then directories and rights, then Capability/Resolve, then one call
// of the host on what it opened. Every path may fail with Fault, Badf, Notdir
// (the descriptor is no directory), Notcapable (a right is missing),
// Nametoolong, Inval (a NUL in the path), leadsOutside (Perm), Loop, Noent,
// Acces; the comments name what else there is.

#include "Capability/Resolve.h"
#include "Guest.h"
#include "Times.h"

namespace moat::rt {

using host::FileType;
using host::OpenMode;
using wasi::Guest;

/// Copies a path out of guest memory, since another guest thread may change it
/// there.
static Errno loadPath(const Guest &guest, uint32_t address, uint32_t sizeBytes,
                      PathBuffer &path) {
  auto bytes = guest.slice(address, sizeBytes);
  if (!bytes)
    return bytes.error();
  if (sizeBytes > maximumPathBytes)
    return Errno::Nametoolong;
  memcpy(path.bytes, bytes->data(), sizeBytes);
  path.bytes[sizeBytes] = 0;
  path.sizeBytes = sizeBytes;
  return strlen(path.bytes) == sizeBytes ? Errno::Success : Errno::Inval;
}

namespace {

/// A directory of the guest's that a path is relative to, while a call uses it.
struct UsedBase : Base {
  UsedBase(DescriptorUse &&found, Resolution resolution)
      : Base{found.handle.get(), resolution},
        use(static_cast<DescriptorUse &&>(found)) {}
  DescriptorUse use;
};

/// The entry that a path names; the directory may be the base itself.
struct UsedParent : Parent {
  DescriptorUse use;
};

} // namespace

/// A directory with all rights of \p needed. Badf, Notdir, Notcapable.
static Result<UsedBase> lookupDirectory(Instance &instance, uint32_t fd,
                                        Rights needed) {
  auto descriptor = instance.descriptors->lookup(fd);
  if (!descriptor)
    return Fail(descriptor.error());
  if (!descriptor->isDirectory())
    return Fail(Errno::Notdir);
  if (Errno error = instance.descriptors->require(fd, *descriptor, needed);
      error != Errno::Success)
    return Fail(error);
  return UsedBase(static_cast<DescriptorUse &&>(*descriptor),
                  instance.descriptors->resolution);
}

static Result<bool> followsLink(uint32_t lookupFlags) {
  if (lookupFlags & ~uint32_t(wasi::SymlinkFollow))
    return Fail(Errno::Inval);
  return (lookupFlags & wasi::SymlinkFollow) != 0;
}

/// What every path call begins with: copies the path, and finds the directory
/// that it is relative to.
static Result<UsedBase> loadBase(Instance &instance, uint32_t fd, Rights needed,
                                 uint32_t address, uint32_t sizeBytes,
                                 PathBuffer &path) {
  if (Errno error = loadPath(Guest(instance), address, sizeBytes, path);
      error != Errno::Success)
    return Fail(error);
  return lookupDirectory(instance, fd, needed);
}

/// The common part of the calls that act on one entry of a directory.
static Result<UsedParent> parentOf(Instance &instance, uint32_t fd,
                                   Rights needed, uint32_t address,
                                   uint32_t sizeBytes, PathBuffer &path) {
  auto base = loadBase(instance, fd, needed, address, sizeBytes, path);
  if (!base)
    return Fail(base.error());
  auto parent = openParent(*base, path);
  if (!parent)
    return Fail(parent.error());
  return UsedParent{static_cast<Parent &&>(*parent),
                    static_cast<DescriptorUse &&>(base->use)};
}

/// The common part of the calls that act on what a path names: opens it, or by
/// without \p followsLink a link itself, to name it only.
static Result<host::OwnedHandle>
openNamed(const Base &base, const PathBuffer &path, bool followsLink) {
  return openBeneath(base, path.bytes,
                     {.isPathOnly = true, .followsLink = followsLink});
}

/// Makes a directory. Exist.
/// WASI preview 1, path_create_directory. As mkdirat(2).
Errno wasi::path_create_directory(Instance &instance, uint32_t fd,
                                  uint32_t pathAddress, uint32_t pathSize) {
  PathBuffer path;
  auto parent =
      parentOf(instance, fd, PathCreateDirectory, pathAddress, pathSize, path);
  if (!parent)
    return parent.error();
  return host::makeDirectory(parent->directory, parent->name);
}

Result<host::FileInfo> wasi::pathInfo(Instance &instance, uint32_t fd,
                                      uint32_t flags, uint32_t pathAddress,
                                      uint32_t pathSize) {
  PathBuffer path;
  auto base =
      loadBase(instance, fd, PathFilestatGet, pathAddress, pathSize, path);
  if (!base)
    return Fail(base.error());
  auto follows = followsLink(flags);
  if (!follows)
    return Fail(follows.error());
  auto file = openNamed(*base, path, *follows);
  if (!file)
    return Fail(file.error());
  return host::status(file->get());
}

/// Writes what is known of a file, 64 bytes, or of a link if \p flags do not
/// follow it. WASI preview 1, path_filestat_get. As fstatat(2).
Errno wasi::path_filestat_get(Instance &instance, uint32_t fd, uint32_t flags,
                              uint32_t pathAddress, uint32_t pathSize,
                              uint32_t result) {
  auto slot = Guest(instance).slot<Filestat>(result);
  if (!slot)
    return slot.error();
  auto info = pathInfo(instance, fd, flags, pathAddress, pathSize);
  if (!info)
    return info.error();
  slot->set(Filestat::of(*info));
  return Errno::Success;
}

/// Sets the times of access and modification of a file, or of a link if \p
/// flags do not follow it. Inval: a time is to be both given and now, or an
/// unknown flag. WASI preview 1, path_filestat_set_times. As utimensat(2).
Errno wasi::path_filestat_set_times(Instance &instance, uint32_t fd,
                                    uint32_t flags, uint32_t pathAddress,
                                    uint32_t pathSize, uint64_t accessed,
                                    uint64_t modified, uint32_t timeFlags) {
  PathBuffer path;
  auto base =
      loadBase(instance, fd, PathFilestatSetTimes, pathAddress, pathSize, path);
  if (!base)
    return base.error();
  auto follows = followsLink(flags);
  if (!follows)
    return follows.error();
  auto times = newTimes(accessed, modified, timeFlags);
  if (!times)
    return times.error();
  auto file = openNamed(*base, path, *follows);
  if (!file)
    return file.error();
  return host::setTimes(file->get(), times->accessed, times->modified);
}

/// Replaces a path that ends in a link by where the link leads, until it does
/// not. Success, Loop, Nametoolong, or why the path cannot be resolved.
static Errno followLastLink(const Base &base, PathBuffer &path) {
  constexpr int maximumLinks = 40; // MAXSYMLINKS of Linux
  for (int linkCount = 0; linkCount <= maximumLinks; ++linkCount) {
    auto file = openNamed(base, path, /*followsLink=*/false);
    if (!file)
      return file.error();
    char target[maximumPathBytes + 1];
    auto targetBytes = host::readLink(file->get(), "", target);
    if (!targetBytes) // not a link
      return Errno::Success;
    if (target[0] == '/')
      return leadsOutside;
    // Relative to the directory that the link lies in.
    size_t end = path.sizeBytes;
    while (end != 0 && path.bytes[end - 1] != '/')
      --end;
    if (*targetBytes > maximumPathBytes - end)
      return Errno::Nametoolong;
    memcpy(path.bytes + end, target, *targetBytes);
    path.sizeBytes = end + *targetBytes;
    path.bytes[path.sizeBytes] = 0;
  }
  return Errno::Loop;
}

/// Makes another name for a file. Exist; Xdev: on another file system; Perm: a
/// directory; Notdir: slashes behind the name of a file. WASI preview 1,
/// path_link. As linkat(2).
Errno wasi::path_link(Instance &instance, uint32_t oldFd, uint32_t flags,
                      uint32_t oldAddress, uint32_t oldSize, uint32_t newFd,
                      uint32_t newAddress, uint32_t newSize) {
  PathBuffer oldPath, newPath;
  auto oldBase =
      loadBase(instance, oldFd, PathLinkSource, oldAddress, oldSize, oldPath);
  if (!oldBase)
    return oldBase.error();
  auto newBase =
      loadBase(instance, newFd, PathLinkTarget, newAddress, newSize, newPath);
  if (!newBase)
    return newBase.error();
  auto follows = followsLink(flags);
  if (!follows)
    return follows.error();

  if (oldPath.sizeBytes != 0 && oldPath.bytes[oldPath.sizeBytes - 1] == '/') {
    // linkat(2) would follow a link that has slashes behind it. What they ask
    // for is a directory, and those have no second name.
    auto directory = openBeneath(*oldBase, oldPath.bytes,
                                 {.isPathOnly = true, .isDirectory = true});
    return directory ? Errno::Perm : directory.error();
  }
  if (*follows)
    if (Errno error = followLastLink(*oldBase, oldPath);
        error != Errno::Success)
      return error;
  auto oldParent = openParent(*oldBase, oldPath);
  if (!oldParent)
    return oldParent.error();
  auto newParent = openParent(*newBase, newPath);
  if (!newParent)
    return newParent.error();
  return host::makeLink(oldParent->directory, oldParent->name,
                        newParent->directory, newParent->name);
}

/// Devices that give and take bytes and do nothing else: null, zero, full,
/// random, urandom.
static bool isHarmlessDevice(const host::FileInfo &info) {
  if (info.deviceMajor != 1)
    return false;
  switch (info.deviceMinor) {
  case 3:
  case 5:
  case 7:
  case 8:
  case 9:
    return true;
  }
  return false;
}

/// Whether a file is not one of procfs, or one that was meant to be given: what
/// is below /proc is the memory and the environment of processes, ours among
/// them. It can be read through a preopen that lies there itself, and never
/// written.
static bool isHarmlessPlace(host::Handle file, host::Handle base,
                            bool canWrite) {
  if (!host::isOnProcessFileSystem(file))
    return true;
  return !canWrite && host::isOnProcessFileSystem(base);
}

/// The rights that make sense for an opened file. Acces: not one for guests.
static Result<Rights> applicableRights(const host::FileInfo &info) {
  switch (info.type) {
  case FileType::Directory:
    return directoryRights;
  case FileType::RegularFile:
    return regularFileRights;
  case FileType::Fifo:
    return streamRights;
  case FileType::CharacterDevice:
    if (isHarmlessDevice(info))
      return regularFileRights;
    break;
  default:
    break;
  }
  return Fail(Errno::Acces);
}

/// How the host is to open a file, by oflags and the rights asked for.
/// Notcapable: the directory does not let that be done.
static Result<OpenMode> openMode(DescriptorTable &descriptors, uint32_t dirFd,
                                 const DescriptorFacts &directory,
                                 uint32_t oflags, Rights base) {
  constexpr Rights reading = FdRead | FdReaddir;
  constexpr Rights writing = FdWrite | FdAllocate | FdFilestatSetSize;
  OpenMode mode = {.canRead = (base & reading) != 0,
                   .canWrite = (base & writing & directory.inheriting) != 0,
                   .isDirectory = (oflags & wasi::Directory) != 0,
                   .isCreate = (oflags & wasi::Creat) != 0,
                   .isExclusive = (oflags & wasi::Excl) != 0,
                   .isTruncate = (oflags & wasi::Trunc) != 0};
  // Rights beyond these the descriptor just does not get.
  Rights needed = PathOpen | (mode.isCreate ? PathCreateFile : 0) |
                  (mode.isTruncate ? PathFilestatSetSize : 0);
  Rights neededInheriting = base & (FdRead | FdWrite);
  if (Rights missing = needed & ~directory.base)
    return Fail(descriptors.refuse(dirFd, missing));
  if (Rights missing = neededInheriting & ~directory.inheriting)
    return Fail(descriptors.refuse(dirFd, missing));
  return mode;
}

/// Opens a path below a directory the guest holds. The new descriptor has the
/// rights asked for as far as the directory passes them on and the file's kind
/// knows them. The path is UTF-8 by custom, and any bytes in fact.
///
/// The host's open never waits. A FIFO stays non-blocking, which its flags
/// show. Sockets, and devices other than null, zero, full, random and urandom,
/// are refused (Acces).
///
/// Exist: creat and excl, and it is there; Isdir: to be written or created, and
/// it is a directory; Notdir: directory was asked for; Loop: a link, and \p
/// dirFlags do not follow it; Inval: an unknown flag; Mfile, Nfile, Nospc,
/// Txtbsy, … WASI preview 1, path_open. As openat(2).
Errno wasi::path_open(Instance &instance, uint32_t dirFd, uint32_t dirFlags,
                      uint32_t pathAddress, uint32_t pathSize, uint32_t oflags,
                      uint64_t rightsBase, uint64_t rightsInheriting,
                      uint32_t fdflags, uint32_t result) {
  Guest guest(instance);
  auto slot = guest.slot<uint32_t>(result);
  if (!slot)
    return slot.error();
  PathBuffer path;
  auto base = loadBase(instance, dirFd, PathOpen, pathAddress, pathSize, path);
  if (!base)
    return base.error();
  auto follows = followsLink(dirFlags);
  if (!follows || (oflags & ~allOpenFlags) || (fdflags & ~uint32_t(allFdFlags)))
    return Errno::Inval;
  // Room first, so that a file is not made for a descriptor that is not to be
  // had.
  if (Errno error = instance.descriptors->makeRoom(); error != Errno::Success)
    return error;
  const DescriptorFacts &directory = base->use;
  auto mode =
      openMode(*instance.descriptors, dirFd, directory, oflags, rightsBase);
  if (!mode)
    return mode.error();
  mode->followsLink = *follows;

  auto handle = openBeneath(*base, path.bytes, *mode);
  if (!handle && handle.error() == Errno::Isdir && !(rightsBase & FdWrite) &&
      !mode->isCreate && !mode->isTruncate) {
    // Allocating and resizing do not apply to directories, so they are left
    // out; whoever wants to write is told (the suite of WASI preview 1 asks for
    // both).
    mode->canWrite = false;
    handle = openBeneath(*base, path.bytes, *mode);
  }
  if (!handle)
    return handle.error();
  auto info = host::status(handle->get());
  if (!info)
    return info.error();
  auto applicable = applicableRights(*info);
  if (!applicable)
    return applicable.error();
  if (!isHarmlessPlace(handle->get(), base->directory, mode->canWrite))
    return Errno::Acces;

  Descriptor opened;
  opened.handle = static_cast<host::OwnedHandle &&>(*handle);
  opened.type = info->type;
  opened.flags = static_cast<uint16_t>(fdflags);
  opened.isReadOnly = directory.isReadOnly;
  if (info->type == FileType::Fifo)
    opened.flags |= FdNonblock;
  opened.base = rightsBase & directory.inheriting & *applicable;
  if (opened.isDirectory())
    opened.inheriting = rightsInheriting & directory.inheriting;
  auto fd = instance.descriptors->insert(static_cast<Descriptor &&>(opened));
  if (!fd)
    return fd.error();
  slot->set(*fd);
  return Errno::Success;
}

/// Writes the text of a symbolic link, without a NUL, cut off where the buffer
/// ends. Inval: not a link. WASI preview 1, path_readlink. As readlinkat(2).
Errno wasi::path_readlink(Instance &instance, uint32_t fd, uint32_t pathAddress,
                          uint32_t pathSize, uint32_t buffer,
                          uint32_t bufferSize, uint32_t result) {
  Guest guest(instance);
  auto slot = guest.slot<uint32_t>(result);
  auto bytes = guest.slice(buffer, bufferSize);
  if (!slot || !bytes)
    return Errno::Fault;
  PathBuffer path;
  auto base = loadBase(instance, fd, PathReadlink, pathAddress, pathSize, path);
  if (!base)
    return base.error();
  auto link = openNamed(*base, path, /*followsLink=*/false);
  if (!link)
    return link.error();
  char target[maximumPathBytes + 1];
  auto targetBytes = host::readLink(link->get(), "", target);
  if (!targetBytes) // Noent is what an empty path gets on anything but a link
    return targetBytes.error() == Errno::Noent ? Errno::Inval
                                               : targetBytes.error();
  size_t sizeBytes =
      *targetBytes < bytes->size() ? *targetBytes : bytes->size();
  memcpy(bytes->data(), target, sizeBytes);
  slot->set(static_cast<uint32_t>(sizeBytes));
  return Errno::Success;
}

/// Removes an empty directory. Notempty, Busy; Notdir: it is something else, a
/// link too. WASI preview 1, path_remove_directory. As unlinkat(2) with
/// AT_REMOVEDIR.
Errno wasi::path_remove_directory(Instance &instance, uint32_t fd,
                                  uint32_t pathAddress, uint32_t pathSize) {
  PathBuffer path;
  auto parent =
      parentOf(instance, fd, PathRemoveDirectory, pathAddress, pathSize, path);
  if (!parent)
    return parent.error();
  return host::removeDirectory(parent->directory, parent->name);
}

/// Moves an entry, replacing what it meets. Xdev; Isdir, Notdir: a file meets a
/// directory or the other way around; Notempty; Inval: into itself; Busy. WASI
/// preview 1, path_rename. As renameat(2).
Errno wasi::path_rename(Instance &instance, uint32_t oldFd, uint32_t oldAddress,
                        uint32_t oldSize, uint32_t newFd, uint32_t newAddress,
                        uint32_t newSize) {
  PathBuffer oldPath, newPath;
  auto oldBase =
      loadBase(instance, oldFd, PathRenameSource, oldAddress, oldSize, oldPath);
  if (!oldBase)
    return oldBase.error();
  auto newBase =
      loadBase(instance, newFd, PathRenameTarget, newAddress, newSize, newPath);
  if (!newBase)
    return newBase.error();
  auto oldParent = openParent(*oldBase, oldPath);
  if (!oldParent)
    return oldParent.error();
  auto newParent = openParent(*newBase, newPath);
  if (!newParent)
    return newParent.error();
  return host::rename(oldParent->directory, oldParent->name,
                      newParent->directory, newParent->name);
}

/// Makes a symbolic link whose text is \p target, which may neither be absolute
/// nor lead out of the directory (leadsOutside). Exist; Noent: an empty target.
/// WASI preview 1, path_symlink. As symlinkat(2).
Errno wasi::path_symlink(Instance &instance, uint32_t targetAddress,
                         uint32_t targetSize, uint32_t fd, uint32_t pathAddress,
                         uint32_t pathSize) {
  PathBuffer target, path;
  if (Errno error =
          loadPath(Guest(instance), targetAddress, targetSize, target);
      error != Errno::Success)
    return error;
  auto base = loadBase(instance, fd, PathSymlink, pathAddress, pathSize, path);
  if (!base)
    return base.error();
  if (Errno error = checkLinkTarget(*base, path, target.bytes);
      error != Errno::Success)
    return error;
  auto parent = openParent(*base, path);
  if (!parent)
    return parent.error();
  return host::makeSymlink(target.bytes, parent->directory, parent->name);
}

/// Removes a file or a link. Isdir: it is a directory; Notdir: slashes behind a
/// file's name. WASI preview 1, path_unlink_file. As unlinkat(2).
Errno wasi::path_unlink_file(Instance &instance, uint32_t fd,
                             uint32_t pathAddress, uint32_t pathSize) {
  PathBuffer path;
  auto parent =
      parentOf(instance, fd, PathUnlinkFile, pathAddress, pathSize, path);
  if (!parent)
    return parent.error();
  return host::removeFile(parent->directory, parent->name);
}

} // namespace moat::rt
