// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Reference instructions (Core 3.0, 4.6.3). The null reference is the null
// pointer.

#include "Lower/FunctionLowering.h"

using namespace moat;

void FunctionLowering::lowerRefNull(const Instruction &) {
  push(llvm::ConstantPointerNull::get(m.ptr));
}

void FunctionLowering::lowerRefIsNull(const Instruction &) {
  push(b.CreateZExt(b.CreateIsNull(pop()), m.i32));
}

void FunctionLowering::lowerRefFunc(const Instruction &instruction) {
  push(m.places->functionRef(b, instruction.index));
}
