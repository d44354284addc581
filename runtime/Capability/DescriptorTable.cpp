// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The table grows by a fixed step, so that no single call allocates much; the
// kernel moves the pages, so growing does not copy either. Descriptors hold no
// pointers to themselves and may be moved byte by byte.

#include "DescriptorTable.h"
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

Errno DescriptorTable::makeRoom() {
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
  if (Errno error = makeRoom(); error != Errno::Success)
    return Fail(error);
  slots()[firstFree] = static_cast<Descriptor &&>(descriptor);
  return firstFree++;
}

Errno DescriptorTable::close(uint32_t fd) {
  auto found = lookup(fd);
  if (!found)
    return found.error();
  **found = Descriptor();
  if (fd < firstFree)
    firstFree = fd;
  return Errno::Success;
}

Errno DescriptorTable::renumber(uint32_t from, uint32_t to) {
  auto source = lookup(from);
  auto target = lookup(to);
  if (!source || !target)
    return Errno::Badf;
  if (from == to)
    return Errno::Success;
  **target = static_cast<Descriptor &&>(**source);
  **source = Descriptor();
  if (from < firstFree)
    firstFree = from;
  return Errno::Success;
}

} // namespace moat::rt
