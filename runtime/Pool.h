// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What stores of a host program leave behind, kept for the next ones: the
// address space of guarded memories, and guest stacks. Mapping and unmapping
// them is most of what a small store costs, and makes threads wait for each
// other.
//
// What is kept holds zeroes only: it is emptied when it is given back, and
// where that fails it is unmapped instead. Any thread may use a pool. It lives
// until its owner has closed it and no store or memory holds it any more.

#pragma once

#include "Host/Host.h"
#include "Memory.h"
#include "Unwind.h"

namespace moat::rt {

class Pool {
public:
  /// Keeps at most so many memories and stacks. Null: no memory.
  static Pool *create(uint64_t memoryLimit, uint64_t stackLimit);
  /// Unmaps what is kept, keeps nothing from now on, and lets go of it.
  static void close(Pool *pool);

  /// Somebody else may give something back, until as many calls of drop().
  void hold();
  void drop();

  /// Address space for a memory of \p sizeBytes, at most that accessible; or
  /// none.
  Reservation takeMemory(uint64_t sizeBytes);
  void giveMemory(Reservation reservation);

  /// A stack of exactly \p usableBytes; or an empty range.
  AddressRange takeStack(uint64_t usableBytes);
  void giveStack(AddressRange stack);

private:
  template <typename T>
  struct Kept {
    T *items = nullptr; ///< the last is taken first: its pages are warm
    uint64_t count = 0;
    uint64_t limit = 0;

    T remove(uint64_t index) {
      T removed = items[index];
      --count;
      for (; index < count; ++index)
        items[index] = items[index + 1];
      return removed;
    }
    bool add(const T &item) {
      if (count == limit)
        return false;
      items[count++] = item;
      return true;
    }
  };

  host::Mutex mutex;
  uint32_t holderCount = 1;
  Kept<Reservation> memories;
  Kept<AddressRange> stacks;
};

} // namespace moat::rt
