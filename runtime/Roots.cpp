// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The roots of an executable's one module (process model).

#include "Collect.h"

using namespace moat;
using namespace moat::rt;

// Defined by the compiler.
extern "C" const abi::ModuleDescriptor moat_module;

void moat::rt::visitRoots(const Domain &, Heap &heap) {
  for (uint32_t i = 0; i < moat_module.processRootCount; ++i)
    heap.visit(moat_module.processRoots[i], 1);
  for (uint32_t i = 0; i < moat_module.tableCount; ++i) {
    const abi::Table &table = moat_module.processTables[i];
    heap.visit(table.elements, table.size);
  }
  // Null where threads have segments of their own: those hold functions.
  for (uint32_t i = 0;
       moat_module.processElements && i < moat_module.elementCount; ++i) {
    const abi::ElementSegment &segment = moat_module.processElements[i];
    heap.visit(segment.elements, segment.size);
  }
}
