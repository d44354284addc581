// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The guest's descriptors by number. A new one takes the lowest free number.
// The first few lie in the table itself; more of them in pages of their own, so
// that neither a small program nor a big one needs malloc.

#pragma once

#include "Descriptor.h"

namespace moat::rt {

/// How paths are resolved beneath a directory. Both ways must give the same
/// answers.
enum class Resolution : uint8_t {
  Kernel, ///< openat2(2) where it is to be had, else Walk
  Walk,   ///< component by component
};

class DescriptorTable {
public:
  static constexpr uint32_t inlineCount = 8;
  /// Far above what the host's limit on open files allows; keeps numbers small.
  static constexpr uint32_t maximumCount = 1 << 20;

  constexpr DescriptorTable() = default;
  DescriptorTable(const DescriptorTable &) = delete;
  DescriptorTable &operator=(const DescriptorTable &) = delete;
  ~DescriptorTable();

  /// The descriptor \p fd. Badf: there is none. It stays where it is until the
  /// next makeRoom, insert, close or renumber.
  Result<Descriptor *> lookup(uint32_t fd) {
    if (fd >= capacity || !slots()[fd].isOpen())
      return Fail(Errno::Badf);
    return &slots()[fd];
  }
  /// The same, with all rights of \p needed. Badf, Notcapable.
  Result<Descriptor *> lookup(uint32_t fd, Rights needed) {
    auto found = lookup(fd);
    if (found && (*found)->require(needed) != Errno::Success)
      return Fail(Errno::Notcapable);
    return found;
  }

  /// Makes sure that the next insert succeeds, to be called before the effect
  /// whose result is inserted. Mfile: the limit is reached; Nomem.
  Errno makeRoom();
  /// Puts \p descriptor at the lowest free number. Mfile, Nomem.
  Result<uint32_t> insert(Descriptor &&descriptor);
  /// Badf.
  Errno close(uint32_t fd);
  /// Makes \p to what \p from was, closes what \p to was, and frees \p from.
  /// Badf: one of them is not open.
  Errno renumber(uint32_t from, uint32_t to);

  Resolution resolution = Resolution::Kernel;
  /// Numbers at and above it are not given out, as with RLIMIT_NOFILE: at most
  /// maximumCount.
  uint32_t limit = maximumCount;

private:
  Descriptor *slots() { return grown ? grown : inlineSlots; }

  Descriptor inlineSlots[inlineCount];
  Descriptor *grown = nullptr; ///< pages of the table's own
  uint32_t capacity = inlineCount;
  uint32_t firstFree = 0; ///< no number below it is free
};

} // namespace moat::rt
