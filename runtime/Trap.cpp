// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Activations and traps. There are three ways out of an activation besides
// returning: a call of moat_trap, a fault in a guard, and exitActivation(). The
// first two save the registers at the place of the trap into the activation
// (Arch/ does, or the signal handler), continue on the stack that was left for
// the guest's, where the frames are walked, and then leave.

#include "Trap.h"
#include "Arch/Arch.h"
#include "Arch/Valgrind.h"
#include "Host/Host.h"
#include "Host/Signals.h"
#include "Host/Syscall.h"
#include "Interrupt.h"
#include "Message.h"

namespace moat::rt {

constinit __thread Activation *moat_activation = nullptr;

const char *trapText(Trap trap) {
  switch (trap) {
#define TRAP(name, text)                                                       \
  case Trap::name:                                                             \
    return text;
#include "moat/abi/Traps.def"
  }
  return "unknown trap";
}

// Guest stacks.

uint64_t usableStackBytes(uint64_t sizeBytes) {
  constexpr uint64_t granule = abi::stackGuardBytes;
  if (sizeBytes > uint64_t(1) << 40)
    return 0;
  // The part that is left for imports and helpers is not counted against the
  // guest.
  return ((sizeBytes + granule - 1) & ~(granule - 1)) + abi::hostStackBytes;
}

void useStack(Domain &domain, abi::Context &context, AddressRange stack) {
  domain.stack = stack;
  domain.context = &context;
  context.stackFloor =
      reinterpret_cast<uint8_t *>(stack.begin + abi::hostStackBytes);
  context.stackBytes = stack.end - stack.begin - abi::hostStackBytes;
  context.runtime = &domain;
}

bool createStack(Domain &domain, abi::Context &context, uint64_t sizeBytes,
                 uint64_t end) {
  uint64_t usable = usableStackBytes(sizeBytes);
  if (!usable)
    return false;
  uint64_t total = abi::stackGuardBytes + usable;
  auto *near = reinterpret_cast<void *>(end > total ? end - total : 0);
  auto mapped = host::reserveNear(near, total);
  if (!mapped)
    return false;
  uint8_t *begin = *mapped + abi::stackGuardBytes;
  if (host::commit(begin, usable) != Errno::Success) {
    host::release(*mapped, total);
    return false;
  }
  uint64_t first = reinterpret_cast<uint64_t>(begin);
  useStack(domain, context, {first, first + usable});
  return true;
}

void releaseStack(AddressRange stack) {
  uint64_t begin = stack.begin - abi::stackGuardBytes;
  host::release(reinterpret_cast<void *>(begin), stack.end - begin);
}

void destroyStack(Domain &domain) {
  if (domain.stack.begin)
    releaseStack(domain.stack);
  domain.stack = {};
}

// Activations.

/// Where a new activation may use the stack of \p domain, which the thread is
/// not on: below the place where it was left, if an activation further out has
/// run on it.
static uint64_t freeStackTop(const Domain &domain) {
  for (Activation *outer = moat_activation; outer; outer = outer->previous)
    if (domain.stack.contains(outer->leftSp()))
      return outer->leftSp() & ~uint64_t(15); // no red zone: it was left there
  return domain.stack.end;
}

/// The way out of an activation whose record says how it ended. From now on no
/// signal handler may look at it: who began it may have it in a frame that is
/// gone.
void leave(Activation *activation) {
  if (activation->isUnprotected)
    activation->domain->endUnprotected(activation);
  moat_activation = activation->previous;
  moat_leave_activation(activation);
}

bool protect(Domain &domain, void (*body)(void *), void *argument,
             TrapRecord &record, void *second) {
  record.ending = TrapRecord::Returned;
  Activation activation;
  activation.previous = moat_activation;
  activation.domain = &domain;
  activation.record = &record;
  activation.isOnHostStack = false;
  activation.isUnprotected = false;
  uint64_t stack = 0;
  if (domain.stack.contains(
          reinterpret_cast<uint64_t>(__builtin_frame_address(0))))
    activation.hostSp =
        activation.previous ? activation.previous->hostSp : domain.trapSp;
  else
    stack = freeStackTop(domain);

  // The compiler may move this store behind the call otherwise: it sees no use
  // of it.
  __atomic_store_n(&moat_activation, &activation, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  // A signal that came before there was an activation was of no use.
  bool wasLeft = isInterrupted(domain);
  if (__builtin_expect(wasLeft, 0)) {
    record.endByTrap(domain.callEnding);
  } else {
    wasLeft =
        moat_enter_activation(&activation, body, argument, stack, second);
  }
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  moat_activation = activation.previous;
  return !wasLeft;
}

void callOnHostStack(void (*body)(void *), void *argument) {
  Activation *innermost = moat_activation;
  if (!innermost || innermost->isOnHostStack)
    return body(argument);
  // The host's stack was left by the outermost activation of those that have
  // entered guests since; the stacks that others left are guests' of other
  // domains.
  const Activation *entry = innermost;
  while (entry->previous && !entry->previous->isOnHostStack)
    entry = entry->previous;
  TrapRecord record;
  // It leaves a guest's stack, so what enters that again, walks it or looks
  // for roots in it finds by resumeSp how far it is in use.
  Activation activation;
  activation.previous = innermost;
  activation.domain = innermost->domain;
  activation.record = &record;
  activation.isOnHostStack = true;
  activation.isUnprotected = false;
  __atomic_store_n(&moat_activation, &activation, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  bool wasLeft = moat_enter_activation(&activation, body, argument,
                                       entry->hostSp, nullptr);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  moat_activation = innermost;
  if (!wasLeft)
    return;
  // Trapping here gives the guest's backtrace.
  if (record.ending == TrapRecord::Trapped)
    moat_trap(static_cast<uint32_t>(record.kind));
  if (record.ending == TrapRecord::Threw && activation.domain->throwOn)
    activation.domain->throwOn(*activation.domain, record.exception);
  endActivationLike(record);
}

void exitActivation(uint32_t exitCode) {
  moat_activation->record->end(TrapRecord::Exited);
  moat_activation->record->exitCode = exitCode;
  leave(moat_activation);
}

bool enterDomain(Domain &domain, void (*body)(void *), void *argument,
                 TrapRecord &record) {
  return domain.enter ? domain.enter(domain, body, argument, record)
                      : protect(domain, body, argument, record);
}

void failActivation(uint32_t code, const char *text) {
  TrapRecord &record = *moat_activation->record;
  record.end(TrapRecord::Failed);
  record.failureCode = code;
  record.failureText = text;
  leave(moat_activation);
}

void endActivationLike(const TrapRecord &record) {
  *moat_activation->record = record;
  leave(moat_activation);
}

bool host::isCallInterrupted() {
  return moat_activation && isInterrupted(*moat_activation->domain);
}

bool isActive() { return moat_activation != nullptr; }

bool isActive(const Domain &domain) {
  for (Activation *each = moat_activation; each; each = each->previous)
    if (each->domain == &domain)
      return true;
  return false;
}

// Traps.

namespace {

/// Rows of the places seen last: a deep recursion has few places.
class RowCache {
public:
  /// The row for \p pc in \p domain, and \p tables, those of the file it is in.
  /// Null: none.
  const UnwindRow *find(const Domain &domain, uint64_t pc,
                        UnwindTables &tables) {
    if (!tables.image.contains(pc) && !domain.findTables(domain, pc, tables))
      return nullptr;
    Slot &slot = slots[pc % slotCount];
    if (slot.pc != pc) {
      slot.pc = 0;
      if (!findRow(tables, pc, slot.row))
        return nullptr;
      slot.pc = pc;
    }
    return &slot.row;
  }

private:
  struct Slot {
    uint64_t pc = 0;
    UnwindRow row;
  };
  static constexpr unsigned slotCount = 7;
  Slot slots[slotCount];
};

} // namespace

/// Walks the frames from the place of the trap to the activation's own.
static void recordFrames(const Activation &activation, TrapRecord &record) {
  const Domain &domain = *activation.domain;
  Registers registers = activation.registers;
  uint64_t pc = registers.pc;
  UnwindTables tables = {};
  RowCache cache;
  for (;;) {
    const UnwindRow *row = cache.find(domain, pc, tables);
    Step result =
        row ? step(tables, *row, domain.stack, registers) : Step::Lost;
    if (result == Step::End)
      return; // the activation's own frame
    if (record.frameCount < TrapRecord::maximumFrames)
      record.frames[record.frameCount++] = pc;
    ++record.depth;
    if (result == Step::Lost)
      return;
    pc = registers.pc - !row->isSignalFrame;
  }
}

/// The way out for both kinds of traps, on the stack below the activation.
void leaveByTrap(Activation *activation, uint32_t kind) {
  showStackChange();
  TrapRecord &record = *activation->record;
  record.endByTrap(static_cast<Trap>(kind));
  recordFrames(*activation, record);
  leave(activation);
}

void noteException(const Activation &activation, abi::Exception *exception,
                   bool hasFrames) {
  TrapRecord &record = *activation.record;
  record.end(TrapRecord::Threw);
  record.exception = exception;
  activation.domain->escaped = exception;
  if (hasFrames)
    recordFrames(activation, record);
}

void leaveByException(Activation *activation, abi::Exception *exception) {
  noteException(*activation, exception, true);
  leave(activation);
}

extern "C" void moat_on_trap(Activation *activation, uint32_t kind) {
  leaveByTrap(activation, kind);
  __builtin_unreachable();
}

extern "C" void moat_on_stray_trap(uint32_t kind) {
  Message message;
  message << "moat: trap outside of any call into a module: "
          << trapText(static_cast<Trap>(kind)) << "\n";
  message.write();
  host::exit(134);
}

void endCaller(const TrapRecord &record) {
  if (isActive())
    endActivationLike(record);
  reportUnprotected(record);
}

void reportUnprotected(const TrapRecord &record) {
  Message message;
  message << "moat: an export was called outside of moat_protect, and ended: ";
  if (record.ending == TrapRecord::Trapped)
    message << trapText(record.kind);
  else if (record.ending == TrapRecord::Exited)
    message << "exit with code " << record.exitCode;
  else if (record.ending == TrapRecord::Threw)
    message << "uncaught exception";
  else
    message << record.failureText;
  message << "\n";
  message.write();
  host::exit(134);
}

// Faults.

/// Whether a fault at \p address says that the stack is exhausted.
static bool isStackFault(const Domain &domain, uint64_t address,
                         const void *machineContext) {
  // Addresses below the guard are hit by nobody: larger frames are probed.
  uint64_t begin = domain.stack.begin - abi::stackGuardBytes;
  if (!domain.trapSp)
    return address - begin < abi::stackGuardBytes;
  // The system may refuse to map what it has promised; a jump there is not
  // that.
  Registers registers;
  readMachineContext(machineContext, registers);
  return address - begin < domain.stack.end - begin && address != registers.pc;
}

static bool handleFault(uint64_t address, void *machineContext) {
  Activation *activation = moat_activation;
  if (!activation || activation->isOnHostStack)
    return false;
  const Domain &domain = *activation->domain;
  Trap kind;
  if (isStackFault(domain, address, machineContext))
    kind = Trap::StackExhausted;
  else if (domain.isInMemory(domain, address))
    kind = Trap::OutOfBoundsMemory;
  else
    return false;
  readMachineContext(machineContext, activation->registers);
  redirectMachineContext(machineContext, leaveByTrap, activation->hostSp,
                         activation, static_cast<uint32_t>(kind));
  return true;
}

static void sayLastWords(uint64_t address, void *machineContext) {
  if (!moat_activation)
    return;
  Registers registers;
  readMachineContext(machineContext, registers);
  Message message;
  message << "moat: fault at address ";
  message.hex(address) << ", instruction ";
  message.hex(registers.pc) << ": neither in a memory nor in a stack: this is "
                               "a bug in moat, or in a host function\n";
  message.write();
}

void installFaultHandlers() {
  static constexpr host::FaultPolicy policy = {handleFault, sayLastWords};
  host::installFaultHandler(policy);
}

// Names.

const char *functionNameAt(const abi::ModuleDescriptor &module,
                           uint64_t address, uint32_t &functionIndex) {
  UnwindTables tables = {};
  AddressRange function;
  if (!tables.locate(module.elfHeader) ||
      !findFunction(tables, address, function))
    return nullptr;
  // A function that was split keeps its name for the part that has its
  // beginning.
  uint64_t best = 0;
  const char *found = nullptr;
  for (const abi::FunctionName *row = module.namesBegin; row != module.namesEnd;
       ++row) {
    uint64_t code = reinterpret_cast<uint64_t>(&row->code) + int64_t(row->code);
    if (!function.contains(code) || code > address || (found && code <= best))
      continue;
    best = code;
    found = reinterpret_cast<const char *>(&row->name) + row->name;
    functionIndex = row->functionIndex;
  }
  return found;
}

} // namespace moat::rt
