// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Activations and traps. Compiled code runs inside an activation: protect()
// notes where to return to, changes to the guest's stack and runs a body. A
// trap, which is a call of moat_trap or a fault in a guard, records what
// happened and returns to the innermost activation of the thread; the frames
// between are left as by longjmp(3).

#pragma once

#include "Arch/Arch.h"
#include "Unwind.h"
#include "moat/abi/Layout.h"
#include <cstddef>
#include <cstdint>

namespace moat::rt {

/// Why compiled code stopped. The rows are in abi/Traps.def.
enum class Trap : uint32_t {
#define TRAP(name, text) name,
#include "moat/abi/Traps.def"
};

/// The specification's words for a trap.
const char *trapText(Trap trap);

/// How an activation ended that did not return.
struct TrapRecord {
  enum Ending : uint8_t {
    Returned,
    Trapped,
    Exited, ///< the guest ended itself (proc_exit)
    Threw,  ///< an exception was not caught
    Failed, ///< a function of the host ended it (failActivation)
  };
  // A call that returns writes nothing but the ending.
  Ending ending = Returned;
  Trap kind;                 ///< of Trapped
  uint32_t exitCode;         ///< of Exited
  abi::Exception *exception; ///< of Threw; valid until the domain's next
  uint32_t failureCode;      ///< of Failed: the host's own number
  const char *failureText;   ///< of Failed; the host's, lives on
  /// The innermost frames: the address of the trapping instruction, then those
  /// of calls (return address minus one).
  static constexpr uint32_t maximumFrames = 64;
  uint32_t frameCount = 0;
  uint64_t depth = 0; ///< of all frames, recorded or not
  uint64_t frames[maximumFrames];

  /// Becomes a record without frames.
  void end(Ending by) {
    ending = by;
    frameCount = 0;
    depth = 0;
  }
  void endByTrap(Trap trap) {
    end(Trapped);
    kind = trap;
  }
};

/// An exception on its way through frames that are not the guest's.
struct Flight {
  abi::Exception *exception;
  Flight *next; ///< of the domain's
};

/// What runs on one guest stack, as traps need to know it:
/// abi::Context::runtime points here. The owner (an executable's start, a
/// store) supplies the lookups, which run in a signal handler and must neither
/// lock nor allocate.
struct Domain {
  /// Usable; a guard of abi::stackGuardBytes is below it.
  AddressRange stack;
  // Interrupt.h's, but for the limit: what the owner's `enter` starts a timer
  // for. Arch/Outside.cpp knows the offsets.
  uint32_t callState = 0;
  uint32_t hasTimeLimit = false;
  Trap callEnding = Trap::Interrupted; ///< what an interruption is reported as
  int32_t callThread = -1;             ///< of the system's numbering
  int32_t callTimer = 0;               ///< of the system's, plus one; 0: none
  abi::Context *context = nullptr;
  const void *owner = nullptr;          ///< for the lookups below
  abi::Exception *escaped = nullptr;    ///< what ended an activation last
  uint64_t heapLimitBytes = UINT64_MAX; ///< see HeapOptions::limitBytes
  bool stressesHeap = false;            ///< for tests: HeapOptions::isStressed

  /// Whether \p address is in a guarded memory of the domain or its guards.
  bool (*isInMemory)(const Domain &domain, uint64_t address) = nullptr;
  /// The tables of the ELF file that \p pc is in. False: unknown.
  bool (*findTables)(const Domain &domain, uint64_t pc,
                     UnwindTables &tables) = nullptr;

  // Of host programs; an executable's are null.

  /// Whether \p pc is in code of a module, where a trap may be raised at any
  /// instruction.
  bool (*isGuestCode)(const Domain &domain, uint64_t pc) = nullptr;
  /// Takes an exception on, from the frame of \p registers outwards, through
  /// frames that are not the guest's. Returns only if that cannot be.
  void (*throwThrough)(abi::Exception &exception,
                       const Registers &registers) = nullptr;
  /// Throws an exception that ended an inner call to the guest. Returns if it
  /// is not one of this domain's.
  void (*throwOn)(const Domain &domain, abi::Exception *exception) = nullptr;
  /// Those on their way through such frames: roots.
  Flight *flights = nullptr;
  /// What enterDomain() does instead of protect().
  bool (*enter)(Domain &domain, void (*body)(void *), void *argument,
                TrapRecord &record) = nullptr;
  /// What memories and tables of the domain may still grow by.
  uint64_t memoryBytesLeft = UINT64_MAX;
  uint64_t tableElementsLeft = UINT64_MAX;
  /// Ends an activation that nobody protects, and its caller; does not return.
  void (*endUnprotected)(Activation *activation) = nullptr;
  /// Of the call that nobody protects, which is running if hostSp is not 0.
  /// There is never more than one: what begins while it runs is protect().
  Activation unprotected = {};

  /// Of the first thread of an executable where the stack is the rest of its
  /// own (OwnStack.h): what has to be done while the guest's frames are there is
  /// done below this address. 0: the stack is another one, and mapped.
  uint64_t trapSp = 0;
};
inline Domain &domainOf(const abi::Context &context) {
  return *static_cast<Domain *>(context.runtime);
}

/// Maps a guest stack of at least \p sizeBytes for \p domain and prepares \p
/// context to run on it. It ends at \p end, a page's address, if that is not 0
/// and there is room. False: no memory.
[[nodiscard]] bool createStack(Domain &domain, abi::Context &context,
                               uint64_t sizeBytes, uint64_t end = 0);
void destroyStack(Domain &domain);

/// The usable bytes of a stack of at least \p sizeBytes; 0: too large.
uint64_t usableStackBytes(uint64_t sizeBytes);
/// Runs \p domain and \p context on a stack that is mapped already, with a
/// guard below.
void useStack(Domain &domain, abi::Context &context, AddressRange stack);
void releaseStack(AddressRange stack);

/// Runs \p body on the guest stack of \p domain, or on the rest of it if the
/// caller is on it already. \returns true if the body returned; otherwise \p
/// record says what happened. The thread must have a signal stack, and the
/// process the handlers (below). A body may take \p second, too.
[[nodiscard]] bool protect(Domain &domain, void (*body)(void *), void *argument,
                           TrapRecord &record, void *second = nullptr);

/// protect() as the owner of \p domain wants it: with the thread prepared.
[[nodiscard]] bool enterDomain(Domain &domain, void (*body)(void *),
                               void *argument, TrapRecord &record);

/// Runs \p body on the stack that the thread was on before it entered guests,
/// below the place where that was left; for functions of the host that must not
/// run on a guest's stack. Guests that \p body enters begin below the place
/// where theirs was left. What ends \p body ends its caller in the same way;
/// faults in it are no traps.
void callOnHostStack(void (*body)(void *), void *argument);

/// Ends the innermost activation of the thread with an error of the host's own.
/// There must be one. \p text must live as long as anybody may read it.
[[noreturn]] void failActivation(uint32_t code, const char *text);

/// Ends the innermost activation of the thread as an inner one ended, with its
/// record.
[[noreturn]] void endActivationLike(const TrapRecord &record);

/// What ended a call that nobody protects ends its caller as well: as an
/// exception that nobody catches, out to the next who protects a call.
[[noreturn]] void endCaller(const TrapRecord &record);

/// Says how a call ended that nobody protects, and ends the process (134).
[[noreturn]] void reportUnprotected(const TrapRecord &record);

/// The way out of an activation whose record says how it ended.
[[noreturn]] void leave(Activation *activation);

/// Leaves \p activation by a trap, on the stack below it: what
/// redirectMachineContext() is given.
void leaveByTrap(Activation *activation, uint32_t kind);

/// Ends the innermost activation of the thread, as proc_exit does. There must
/// be one.
[[noreturn]] void exitActivation(uint32_t exitCode);

/// Notes that an exception ends an activation, whose registers are of where it
/// was thrown, if \p hasFrames.
void noteException(const Activation &activation, abi::Exception *exception,
                   bool hasFrames);

/// Ends an activation by an exception; its registers are of where it was
/// thrown.
[[noreturn]] void leaveByException(Activation *activation,
                                   abi::Exception *exception);

/// Whether compiled code, or what it called, is running on this thread.
bool isActive();
/// The same of a domain's.
bool isActive(const Domain &domain);

/// Installs the handlers for faults, for the whole process; earlier handlers
/// get what is not ours. Once is enough, more does no harm.
void installFaultHandlers();

/// What the handlers need of stack, the processor's largest register state
/// included. The thread gets it by host::swapSignalStack before its first
/// activation.
inline constexpr uint64_t signalStackBytes = 64 << 10;

/// The name of the function at \p address (of a recorded frame) in \p module,
/// and its index. Null: unknown.
const char *functionNameAt(const abi::ModuleDescriptor &module,
                           uint64_t address, uint32_t &functionIndex);

} // namespace moat::rt
