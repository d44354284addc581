// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Handles that threads use while others may close them. Uses are short, and
// each thread has one or two, but for a poll: so the list of all of them is
// short, and a walk over it when something is closed is cheap.

#include "DescriptorTable.h"

namespace moat::rt {

void PinnedHandle::link() {
  previous = nullptr;
  next = sharing->pinned;
  if (next)
    next->previous = this;
  sharing->pinned = this;
}

void PinnedHandle::unlink() {
  (previous ? previous->next : sharing->pinned) = next;
  if (next)
    next->previous = previous;
}

void PinnedHandle::replace(PinnedHandle &other) {
  sharing = other.sharing;
  TableLock lock(sharing);
  mustClose = other.mustClose;
  other.unlink();
  other.sharing = nullptr;
  link();
}

void PinnedHandle::unpin() {
  host::OwnedHandle closed; // outlives the lock
  TableLock lock(sharing);
  unlink();
  if (mustClose && !leaveClosing(*sharing, handle))
    closed = host::OwnedHandle(handle);
  sharing = nullptr;
}

bool PinnedHandle::leaveClosing(TableSharing &sharing, host::Handle handle) {
  for (PinnedHandle *each = sharing.pinned; each; each = each->next)
    if (each->handle == handle) {
      each->mustClose = true;
      return true;
    }
  return false;
}

} // namespace moat::rt
