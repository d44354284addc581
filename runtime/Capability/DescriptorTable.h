// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The guest's descriptors by number. A new one takes the lowest free number.
// The first few lie in the table itself; more of them in pages of their own, so
// that neither a small program nor a big one needs malloc.
//
// Whoever uses a descriptor gets a copy of what is known of it (DescriptorUse).
// Where threads share the table (TableSharing), every operation is done under a
// lock, and a use pins the host's descriptor: it is closed when nobody uses it
// any more, though its number is free at once.

#pragma once

#include "Descriptor.h"

namespace moat::rt {

/// How paths are resolved beneath a directory. Both ways must give the same
/// answers.
enum class Resolution : uint8_t {
  Kernel, ///< openat2(2) where it is to be had, else Walk
  Walk,   ///< component by component
};

class PinnedHandle;

/// How threads share a table: Threads.cpp has the one implementation, which
/// programs without threads do not link.
struct TableSharing {
  void (*lock)(host::Mutex &);
  void (*unlock)(host::Mutex &);
  host::Mutex table;
  /// Held while a directory is read: its position is the host's.
  host::Mutex directories;
  /// Held while a filtered terminal is written to: what may follow depends on
  /// what came before.
  host::Mutex terminals;
  /// The handles in use, in no order.
  PinnedHandle *pinned = nullptr;
};

/// Holds one of the locks, if threads share the table.
class TableLock {
public:
  explicit TableLock(TableSharing *sharing,
                     host::Mutex TableSharing::*which = &TableSharing::table)
      : sharing(sharing), mutex(sharing ? &(sharing->*which) : nullptr) {
    if (sharing)
      sharing->lock(*mutex);
  }
  TableLock(const TableLock &) = delete;
  ~TableLock() {
    if (sharing)
      sharing->unlock(*mutex);
  }

private:
  TableSharing *sharing;
  host::Mutex *mutex;
};

/// A handle of a table's that stays open while this lives.
class PinnedHandle {
public:
  constexpr PinnedHandle() = default;
  /// With the lock of \p sharing held.
  PinnedHandle(host::Handle handle, TableSharing *sharing)
      : handle(handle), sharing(sharing) {
    if (sharing)
      link();
  }
  PinnedHandle(PinnedHandle &&other) { take(other); }
  PinnedHandle &operator=(PinnedHandle &&other) {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~PinnedHandle() { reset(); }

  host::Handle get() const { return handle; }
  void reset() {
    if (sharing)
      unpin();
  }

  /// Makes one of those who use \p handle close it in the end. False: nobody
  /// does. With the lock held.
  static bool leaveClosing(TableSharing &sharing, host::Handle handle);

private:
  void take(PinnedHandle &other) {
    handle = other.handle;
    if (other.sharing)
      replace(other);
  }
  void link();
  void unlink();
  void replace(PinnedHandle &other);
  void unpin();

  host::Handle handle = host::noHandle;
  bool mustClose = false; ///< the table has it no more
  TableSharing *sharing = nullptr;
  PinnedHandle *next = nullptr, *previous = nullptr;
};

/// A descriptor as it was when it was looked up, for the length of a call.
struct DescriptorUse : DescriptorFacts {
  PinnedHandle handle;

  DescriptorUse(const Descriptor &descriptor, TableSharing *sharing)
      : DescriptorFacts(descriptor), handle(descriptor.handle.get(), sharing) {}
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

  /// The descriptor \p fd, with all rights of \p needed. Badf: there is none;
  /// Notcapable.
  Result<DescriptorUse> lookup(uint32_t fd, Rights needed = 0);
  /// DescriptorFacts::require() of a use of \p fd; notes what was refused.
  Errno require(uint32_t fd, const DescriptorFacts &facts, Rights needed) {
    Rights missing = needed & ~facts.base;
    return missing ? refuse(fd, missing) : Errno::Success;
  }
  /// Notes, for tracing, that \p missing rights were asked for. \returns
  /// Notcapable.
  Errno refuse(uint32_t fd, Rights missing);
  /// Changes the descriptor \p fd: \p change gets it, and returns the result.
  /// Badf, Notcapable.
  template <typename Change>
  Errno change(uint32_t fd, Rights needed, Change change) {
    TableLock lock(sharing);
    Descriptor *found = find(fd);
    if (!found)
      return Errno::Badf;
    if (found->require(needed) == Errno::Success)
      return change(*found);
    found->refused = needed & ~found->base;
    return Errno::Notcapable;
  }

  /// Makes sure that the next insert succeeds, to be called before the effect
  /// whose result is inserted. (Another thread may be faster: then the insert
  /// fails after all.) Mfile: the limit is reached; Nomem.
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
  /// Set before a second thread uses the table; null: none does.
  TableSharing *sharing = nullptr;

private:
  /// Null: not open. With the lock held, as all below.
  Descriptor *find(uint32_t fd) {
    Descriptor *slot = slots() + fd;
    return fd < capacity && slot->isOpen() ? slot : nullptr;
  }
  Errno makeRoomLocked();
  /// Empties a slot. \returns what is to be closed once the lock is free.
  host::OwnedHandle vacate(Descriptor &slot);
  Descriptor *slots() { return grown ? grown : inlineSlots; }

  Descriptor inlineSlots[inlineCount];
  Descriptor *grown = nullptr; ///< pages of the table's own
  uint32_t capacity = inlineCount;
  uint32_t firstFree = 0; ///< no number below it is free
};

} // namespace moat::rt
