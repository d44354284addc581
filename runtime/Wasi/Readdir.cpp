// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Listing directories. A cookie is the position behind an entry as the host's
// file system has it, so a listing resumes at any entry it gave, in any order,
// after any changes.

#include "Guest.h"

namespace moat::rt {

using wasi::Dirent;

/// What one call asks of the host at a time. An entry's name is at most 255
/// bytes.
static constexpr size_t chunkBytes = 4096;

namespace {

/// The guest's buffer as it fills.
struct Output {
  std::span<uint8_t> buffer;
  size_t usedBytes = 0;

  bool isFull() const { return usedBytes == buffer.size(); }
  /// Writes as much of \p bytes as there is room for.
  void append(const void *bytes, size_t sizeBytes) {
    size_t room = buffer.size() - usedBytes;
    if (sizeBytes > room)
      sizeBytes = room;
    memcpy(buffer.data() + usedBytes, bytes, sizeBytes);
    usedBytes += sizeBytes;
  }
};

} // namespace

/// Completes what the directory itself does not tell of an entry, and hides
/// what is above:
/// `..` has the directory's own inode, since the one above may be out of the
/// guest's reach.
static void complete(host::Handle directory, host::DirectoryEntry &entry) {
  std::string_view name(entry.name, entry.nameSizeBytes);
  if (name == "..") {
    if (auto info = host::status(directory))
      entry.inode = info->inode;
    entry.type = host::FileType::Directory;
    return;
  }
  if (entry.type != host::FileType::Unknown)
    return;
  if (auto info = host::statusOfName(directory, entry.name))
    entry.type = info->type;
}

/// Writes directory entries from \p cookie on (0: the first) until the buffer
/// is full; the last one may be cut off. A result below the buffer's size means
/// that the end is reached. Fault, Badf, Notcapable; Notdir; Inval: not a
/// cookie of this directory. WASI preview 1, fd_readdir. As readdir(3).
Errno wasi::fd_readdir(Instance &instance, uint32_t fd, uint32_t buffer,
                       uint32_t sizeBytes, uint64_t cookie, uint32_t result) {
  Guest guest(instance);
  auto slot = guest.slot<uint32_t>(result);
  auto bytes = guest.slice(buffer, sizeBytes);
  if (!slot || !bytes)
    return Errno::Fault;
  auto descriptor = instance.descriptors->lookup(fd);
  if (!descriptor)
    return descriptor.error();
  if (!descriptor->isDirectory())
    return Errno::Notdir;
  if (Errno error = instance.descriptors->require(fd, *descriptor, FdReaddir);
      error != Errno::Success)
    return error;

  TableLock turn(instance.descriptors->sharing, &TableSharing::directories);
  host::Handle directory = descriptor->handle.get();
  auto position =
      host::seek(directory, static_cast<int64_t>(cookie), host::Whence::Start);
  if (!position)
    return position.error();

  Output output{*bytes};
  alignas(8) uint8_t chunk[chunkBytes];
  while (!output.isFull()) {
    auto filledBytes = host::readDirectory(directory, chunk);
    if (!filledBytes)
      return filledBytes.error();
    if (*filledBytes == 0)
      break;
    std::span<const uint8_t> filled(chunk, *filledBytes);
    while (!filled.empty() && !output.isFull()) {
      host::DirectoryEntry entry;
      filled = filled.subspan(host::parseEntry(filled, entry));
      complete(directory, entry);
      Dirent dirent = {.next = entry.next,
                       .ino = entry.inode,
                       .nameSizeBytes =
                           static_cast<uint32_t>(entry.nameSizeBytes),
                       .filetype = filetype(entry.type)};
      output.append(&dirent, sizeof(dirent));
      output.append(entry.name, entry.nameSizeBytes);
    }
  }
  slot->set(static_cast<uint32_t>(output.usedBytes));
  return Errno::Success;
}

} // namespace moat::rt
