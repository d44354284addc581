// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Host.h on Linux: opening, and everything that names a file by a path or a
// directory entry. The flags that keep a guest in its place are all set here:
// O_CLOEXEC, O_NOCTTY and O_NONBLOCK on every open, and that links in the last
// component are followed only where the caller says so.

#include "LinuxStatus.h"
#include "Syscall.h"
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace moat::rt {

using namespace host;

static constexpr unsigned openFlags(OpenMode mode) {
  unsigned flags = O_CLOEXEC;
  if (!mode.followsLink)
    flags |= O_NOFOLLOW;
  if (mode.isDirectory)
    flags |= O_DIRECTORY;
  if (mode.isPathOnly)
    return flags | O_PATH; // with which openat2 accepts no other flag
  // O_NONBLOCK keeps the open itself from waiting for a FIFO's other end.
  flags |= O_NOCTTY | O_NONBLOCK;
  flags |= mode.canWrite ? (mode.canRead ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (mode.isCreate)
    flags |= O_CREAT;
  if (mode.isExclusive)
    flags |= O_EXCL;
  if (mode.isTruncate)
    flags |= O_TRUNC;
  return flags;
}

/// What new files may be to others; the umask narrows it.
static constexpr unsigned newFileMode = 0666;
static constexpr unsigned newDirectoryMode = 0777;

static Result<OwnedHandle> toHandle(long result) {
  if (isError(result))
    return Fail(toErrno(result));
  return OwnedHandle(static_cast<Handle>(result));
}

Result<OwnedHandle> host::openBeneath(Handle directory, const char *path,
                                      OpenMode mode) {
  // struct open_how and its flags, from linux/openat2.h.
  struct OpenHow {
    uint64_t flags, mode, resolve;
  };
  constexpr uint64_t noMagicLinks = 0x02, beneath = 0x08;
  OpenHow how = {.flags = openFlags(mode),
                 .mode = mode.isCreate && !mode.isPathOnly ? newFileMode : 0,
                 .resolve = beneath | noMagicLinks};
  return toHandle(invokeAgain<SYS_openat2>(directory, path, &how, sizeof(how)));
}

Result<OwnedHandle> host::openName(Handle directory, const char *name,
                                   OpenMode mode) {
  return toHandle(
      invokeAgain<SYS_openat>(directory, name, openFlags(mode), newFileMode));
}

Result<OwnedHandle> host::openTrusted(Handle directory, const char *path,
                                      OpenMode mode) {
  mode.followsLink = true;
  unsigned flags = openFlags(mode);
  if (!mode.isNonBlocking && !mode.isPathOnly)
    flags &= ~unsigned(O_NONBLOCK);
  long result;
  do
    result = invokeAtStart<SYS_openat>(directory, path, flags, newFileMode);
  while (result == -EINTR);
  return toHandle(result);
}

Result<size_t> host::executablePath(std::span<char> buffer) {
  return toResult<size_t>(invokeAtStart<SYS_readlinkat>(
      workingDirectory, "/proc/self/exe", buffer.data(), buffer.size()));
}

// The kernel's struct statx, as far as it is needed (linux/stat.h).
struct KernelStatx {
  uint32_t mask, blockSize;
  uint64_t attributes;
  uint32_t linkCount, uid, gid;
  uint16_t mode, padding;
  uint64_t inode, sizeBytes, blocks, attributesMask;
  struct {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t padding;
  } accessed, born, changed, modified;
  uint32_t rdevMajor, rdevMinor, devMajor, devMinor;
  uint64_t spare[14];
};
static_assert(sizeof(KernelStatx) == 256);

static FileType typeOfMode(unsigned mode) {
  switch (mode & 0170000) {
  case 0060000:
    return FileType::BlockDevice;
  case 0020000:
    return FileType::CharacterDevice;
  case 0040000:
    return FileType::Directory;
  case 0100000:
    return FileType::RegularFile;
  case 0120000:
    return FileType::SymbolicLink;
  case 0140000:
    return FileType::StreamSocket;
  case 0010000:
    return FileType::Fifo;
  }
  return FileType::Unknown;
}

/// A device's number as stat(2) gives it: makedev(3).
static uint64_t deviceNumber(uint64_t major, uint64_t minor) {
  return ((major & 0xfffff000) << 32) | ((major & 0xfff) << 8) |
         ((minor & 0xffffff00) << 12) | (minor & 0xff);
}

/// What to ask statx(2) for: STATX_BASIC_STATS.
static constexpr unsigned basicStats = 0x7ff;

static FileInfo toFileInfo(const KernelStatx &stat) {
  auto toTime = [](const auto &time) {
    return Time{.seconds = time.seconds, .nanoseconds = time.nanoseconds};
  };
  return FileInfo{.device = deviceNumber(stat.devMajor, stat.devMinor),
                  .inode = stat.inode,
                  .linkCount = stat.linkCount,
                  .sizeBytes = stat.sizeBytes,
                  .accessed = toTime(stat.accessed),
                  .modified = toTime(stat.modified),
                  .changed = toTime(stat.changed),
                  .type = typeOfMode(stat.mode),
                  .deviceMajor = stat.rdevMajor,
                  .deviceMinor = stat.rdevMinor};
}

Result<FileInfo> host::statusAt(Handle directory, const char *path, int flags) {
  KernelStatx stat;
  long result = invoke<SYS_statx>(directory, path, flags, basicStats, &stat);
  if (isError(result))
    return Fail(toErrno(result));
  return toFileInfo(stat);
}

Result<FileType> host::typeAtStart(Handle handle) {
  // Takes a third less than statx(2). Where a processor has the call, the
  // kernel's structure is libc's.
  struct stat status;
  long result = invokeAtStart<SYS_fstat>(handle, &status);
  if (isError(result))
    return Fail(toErrno(result));
  return typeOfMode(status.st_mode);
}

Result<FileInfo> host::statusOfName(Handle directory, const char *name) {
  return statusAt(directory, name, linuxNoFollow);
}

Result<size_t> host::readLink(Handle directory, const char *name,
                              std::span<char> buffer) {
  return toResult<size_t>(
      invoke<SYS_readlinkat>(directory, name, buffer.data(), buffer.size()));
}

Errno host::makeDirectory(Handle directory, const char *name) {
  return toErrno(invoke<SYS_mkdirat>(directory, name, newDirectoryMode));
}

Errno host::removeFile(Handle directory, const char *name) {
  return toErrno(invoke<SYS_unlinkat>(directory, name, 0));
}

Errno host::removeDirectory(Handle directory, const char *name) {
  constexpr int removeDirectoryFlag = 0x200; // AT_REMOVEDIR
  return toErrno(invoke<SYS_unlinkat>(directory, name, removeDirectoryFlag));
}

Errno host::makeSymlink(const char *target, Handle directory,
                        const char *name) {
  return toErrno(invoke<SYS_symlinkat>(target, directory, name));
}

Errno host::makeLink(Handle oldDirectory, const char *oldName,
                     Handle newDirectory, const char *newName) {
  return toErrno(
      invoke<SYS_linkat>(oldDirectory, oldName, newDirectory, newName, 0));
}

Errno host::rename(Handle oldDirectory, const char *oldName,
                   Handle newDirectory, const char *newName) {
  // renameat2, since newer processors have no renameat.
  return toErrno(
      invoke<SYS_renameat2>(oldDirectory, oldName, newDirectory, newName, 0));
}

// The kernel's struct linux_dirent64 begins with these; the name follows at
// byte 19.
struct KernelDirent {
  uint64_t inode;
  int64_t next;
  uint16_t sizeBytes;
  uint8_t type;
};
static constexpr size_t direntNameOffset = 19;

static FileType typeOfDirent(uint8_t type) {
  return type == 0 ? FileType::Unknown : typeOfMode(unsigned(type) << 12);
}

Result<size_t> host::readDirectory(Handle handle, std::span<uint8_t> buffer) {
  return toResult<size_t>(
      invoke<SYS_getdents64>(handle, buffer.data(), buffer.size()));
}

size_t host::parseEntry(std::span<const uint8_t> filled,
                        DirectoryEntry &entry) {
  KernelDirent dirent;
  memcpy(&dirent, filled.data(), direntNameOffset);
  const char *name =
      reinterpret_cast<const char *>(filled.data()) + direntNameOffset;
  entry = {.inode = dirent.inode,
           .next = static_cast<uint64_t>(dirent.next),
           .type = typeOfDirent(dirent.type),
           .name = name,
           .nameSizeBytes = strlen(name)};
  return dirent.sizeBytes;
}

} // namespace moat::rt
