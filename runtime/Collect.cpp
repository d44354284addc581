// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Allocation for compiled code, and the roots of a context: the guest's stack,
// what its instances hold, and the area of results.
//
// A collection runs on the guest's stack, called from compiled code. So the
// stack from here to its end holds every frame of the guest: also those that
// were left for functions of the host, and reentered by them further down
// (Trap.h). Registers that callees save are either still in them, and are saved
// here, or in a frame in between. Frames of the host that are on another stack
// hold what left the guest: see Store.

#include "Collect.h"
#include "Arch/Arch.h"
#include "Builtins.h"

namespace moat::rt {

/// From the frame of the function that is called to the stack's end.
[[gnu::noinline]] static void visitStack(const Domain &domain, Heap &heap) {
  auto begin = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
  // Somebody else's stack: the guest's frames begin where it was left.
  for (Activation *outer = moat_activation;
       outer && !domain.stack.contains(begin); outer = outer->previous)
    begin = outer->leftSp();
  if (!domain.stack.contains(begin))
    return;
  begin &= ~uint64_t(sizeof(void *) - 1);
  heap.visit(reinterpret_cast<const void *>(begin),
             (domain.stack.end - begin) / sizeof(void *));
}

static void visitContext(Heap &heap, void *owner) {
  __builtin_unwind_init(); // saves the registers in this frame
  const Domain &domain = *static_cast<const Domain *>(owner);
  visitStack(domain, heap);
  visitRoots(domain, heap);
  heap.visit(&domain.escaped, 1);
  heap.visit(domain.context->results,
             sizeof(domain.context->results) / (sizeof(void *)));
}

static Heap *createHeap(abi::Context &context) {
  Domain &domain = domainOf(context);
  HeapOptions options;
  options.limitBytes = domain.heapLimitBytes;
  options.isStressed = domain.stressesHeap;
  options.visitRoots = visitContext;
  options.owner = &domain;
  return Heap::create(context.runs, options);
}

void *allocateObject(abi::Context &context, uint64_t sizeBytes) {
  if (!context.heap)
    context.heap = createHeap(context);
  void *cell = context.heap ? heapOf(context)->allocate(sizeBytes) : nullptr;
  if (!cell)
    builtins::moat_trap(static_cast<uint32_t>(Trap::AllocationFailure));
  return cell;
}

void destroyHeap(abi::Context &context) {
  Heap::destroy(heapOf(context));
  context.heap = nullptr;
}

namespace builtins {

extern "C" Ptr moat_gc_allocate(Ptr instance, I64 sizeBytes) {
  return allocateObject(*static_cast<abi::Instance *>(instance)->context,
                        sizeBytes);
}

} // namespace builtins

} // namespace moat::rt
