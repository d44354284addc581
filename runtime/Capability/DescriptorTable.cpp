// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The table grows by a fixed step, so that no single call allocates much; the
// kernel moves the pages, so growing does not copy either. Descriptors hold no
// pointers to themselves and may be moved byte by byte.

#include "DescriptorTable.h"
#include "Host/Syscall.h"
#include <new>

namespace moat::rt {

/// What the table grows by: 16 pages, some hundreds of descriptors.
static constexpr uint64_t growthBytes = 16 * host::pageBytes;

static constexpr uint64_t pagesFor(uint64_t count) {
  uint64_t bytes = count * sizeof(Descriptor);
  return (bytes + growthBytes - 1) / growthBytes * growthBytes;
}

DescriptorTable::~DescriptorTable() {
  if (!grown)
    return;
  for (uint32_t fd = 0; fd != capacity; ++fd)
    grown[fd].~Descriptor();
  host::release(grown, pagesFor(capacity));
}

Result<DescriptorUse> DescriptorTable::lookup(uint32_t fd, Rights needed) {
  TableLock lock(sharing);
  Descriptor *found = find(fd);
  if (!found)
    return Fail(Errno::Badf);
  if (found->require(needed) != Errno::Success) {
    found->refused = needed & ~found->base;
    return Fail(Errno::Notcapable);
  }
  return Result<DescriptorUse>(std::in_place, *found, sharing);
}

Errno DescriptorTable::refuse(uint32_t fd, Rights missing) {
  TableLock lock(sharing);
  if (Descriptor *found = find(fd))
    found->refused = missing;
  return Errno::Notcapable;
}

Errno DescriptorTable::makeRoom() {
  host::recordMemorySyscalls();
  TableLock lock(sharing);
  return makeRoomLocked();
}

Errno DescriptorTable::makeRoomLocked() {
  Descriptor *slot = slots();
  while (firstFree != capacity && slot[firstFree].isOpen())
    ++firstFree;
  if (firstFree >= limit)
    return Errno::Mfile;
  if (firstFree != capacity)
    return Errno::Success;

  uint64_t oldBytes = grown ? pagesFor(capacity) : 0;
  uint64_t newBytes = oldBytes + growthBytes;
  auto pages = grown ? host::growPages(grown, oldBytes, newBytes)
                     : host::allocatePages(newBytes);
  if (!pages)
    return pages.error();
  auto *newSlots = reinterpret_cast<Descriptor *>(*pages);
  if (!grown)
    for (uint32_t fd = 0; fd != inlineCount; ++fd)
      new (&newSlots[fd])
          Descriptor(static_cast<Descriptor &&>(inlineSlots[fd]));
  auto newCapacity = static_cast<uint32_t>(newBytes / sizeof(Descriptor));
  for (uint32_t fd = capacity; fd != newCapacity; ++fd)
    new (&newSlots[fd]) Descriptor;
  grown = newSlots;
  capacity = newCapacity;
  return Errno::Success;
}

Result<uint32_t> DescriptorTable::insert(Descriptor &&descriptor) {
  TableLock lock(sharing);
  if (Errno error = makeRoomLocked(); error != Errno::Success)
    return Fail(error);
  slots()[firstFree] = static_cast<Descriptor &&>(descriptor);
  return firstFree++;
}

host::OwnedHandle DescriptorTable::vacate(Descriptor &slot) {
  host::OwnedHandle handle = static_cast<host::OwnedHandle &&>(slot.handle);
  slot = Descriptor();
  if (sharing && PinnedHandle::leaveClosing(*sharing, handle.get()))
    handle.release();
  return handle;
}

Errno DescriptorTable::close(uint32_t fd) {
  host::OwnedHandle closed; // outlives the lock
  TableLock lock(sharing);
  Descriptor *found = find(fd);
  if (!found)
    return Errno::Badf;
  closed = vacate(*found);
  if (fd < firstFree)
    firstFree = fd;
  return Errno::Success;
}

Errno DescriptorTable::renumber(uint32_t from, uint32_t to) {
  host::OwnedHandle closed; // outlives the lock
  TableLock lock(sharing);
  Descriptor *source = find(from);
  Descriptor *target = find(to);
  if (!source || !target)
    return Errno::Badf;
  if (from == to)
    return Errno::Success;
  closed = vacate(*target);
  *target = static_cast<Descriptor &&>(*source);
  *source = Descriptor();
  if (from < firstFree)
    firstFree = from;
  return Errno::Success;
}

} // namespace moat::rt
