// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The heap of a context: abi::Context::heap. It is made when the guest first
// allocates, and this, with Heap, is linked into executables whose module can.

#pragma once

#include "Heap.h"
#include "Trap.h"

namespace moat::rt {

/// The heap of \p context, or null as long as nothing was allocated.
inline Heap *heapOf(const abi::Context &context) {
  return static_cast<Heap *>(context.heap);
}

/// A cell as Heap::allocate() gives it; the heap is made if there is none yet.
/// Traps when it is exhausted. Called on the guest's stack.
void *allocateObject(abi::Context &context, uint64_t sizeBytes);

/// Destroys the heap of a context that has one. Weak, since who calls it must
/// not link heaps into programs without any.
[[gnu::weak]] void destroyHeap(abi::Context &context);

/// Visits the roots that whoever made the domain knows: globals, tables and
/// element segments of every instance that runs on it. Defined once in each
/// archive: Roots.cpp, Store/Store.cpp.
void visitRoots(const Domain &domain, Heap &heap);

} // namespace moat::rt
