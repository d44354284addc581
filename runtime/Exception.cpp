// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Exceptions: the objects, and the way from a throw to a landing pad. Linked
// only into programs whose modules use them.
//
// moat_throw_exception (Arch/Throw.cpp) saves the registers of the frame that
// throws and continues here, on the stack that was left for the guest's. Frames
// are walked outwards by the unwind tables; the first call that has a landing
// pad takes the exception, whatever it is: its code compares tags and throws
// again if it must. At the activation's own frame the activation ends, with the
// exception in its record. In a host program other frames may be in between,
// those of C++ functions that it called: from there C++'s unwinder goes on
// (ForeignFrames.cpp).
//
// Exceptions are cells of the garbage-collected heap. The one that ended an
// activation is kept until another one does.

#include "Arch/Throw.h"
#include "Builtins.h"
#include "Collect.h"
#include "ForeignFrames.h"
#include "Host/Host.h"
#include "Message.h"
#include "Trap.h"

namespace moat::rt {

/// An indirect pointer is the address of a pointer.
static bool hasPersonality(const UnwindRow &row, const UnwindTables &tables,
                           const void *function) {
  auto wanted = reinterpret_cast<uint64_t>(function);
  if (row.personality == wanted)
    return true;
  return row.personality % sizeof(uint64_t) == 0 &&
         tables.image.contains(row.personality, sizeof(uint64_t)) &&
         *reinterpret_cast<const uint64_t *>(row.personality) == wanted;
}

/// Not the host's: a guest's, or the one that ends an activation.
static bool isOurs(const UnwindRow &row, const UnwindTables &tables) {
  return !row.personality ||
         hasPersonality(
             row, tables,
             reinterpret_cast<const void *>(&builtins::moat_personality)) ||
         hasPersonality(
             row, tables,
             reinterpret_cast<const void *>(&moat_activation_personality));
}

extern "C" void moat_on_throw(Activation *activation,
                              abi::Exception *exception) {
  const Domain &domain = *activation->domain;
  Registers registers = activation->registers;
  uint64_t pc = registers.pc;
  UnwindTables tables = {};
  UnwindRow row;
  while (!activation->isOnHostStack) {
    if (!tables.image.contains(pc) && !domain.findTables(domain, pc, tables))
      break;
    if (!findRow(tables, pc, row) || !isOurs(row, tables))
      break;
    if (uint64_t landing = findLandingPad(tables, row, pc)) {
      registers.pc = landing;
      moat_land(&registers, exception);
    }
    if (step(tables, row, domain.stack, registers) != Step::Caller)
      leaveByException(activation, exception);
    pc = registers.pc - !row.isSignalFrame;
  }
  registers.pc = pc;
  if (domain.throwThrough)
    domain.throwThrough(*exception, registers);
  leaveByException(activation, exception);
}

extern "C" void moat_on_stray_throw() {
  Message message;
  message << "moat: exception outside of any call into a module\n";
  message.write();
  host::exit(134);
}

namespace builtins {

extern "C" I32 moat_personality(I32, I32 actions, I64 kind, Ptr header,
                                Ptr context) {
  constexpr I32 continueUnwind = 8;
  return moat_guest_personality
             ? moat_guest_personality(actions, kind, header, context)
             : continueUnwind;
}

extern "C" Ptr moat_exception_new(Ptr instance, Ptr tag, I32 valueCount) {
  // The collector looks at the values one by one: any may be a reference.
  static constexpr abi::TypeIdentity type = [] {
    abi::TypeIdentity type = {};
    type.referenceCount = 1;
    type.kind = abi::TypeKind::Exception;
    return type;
  }();
  auto *exception = static_cast<abi::Exception *>(allocateObject(
      *static_cast<abi::Instance *>(instance)->context,
      sizeof(abi::Exception) + uint64_t(valueCount) * sizeof(abi::Value)));
  *exception = {&type, static_cast<const char *const *>(tag), valueCount, 0,
                nullptr};
  return exception;
}

} // namespace builtins

} // namespace moat::rt
