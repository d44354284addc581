// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The filter of system calls is built here from the section `moat_syscalls`,
// which holds the numbers of what is linked in (Host/Syscall.h). It ends the
// process at a call that is not on the list; a call that is on the list, with
// arguments that the runtime never gives it, fails with EPERM. The rules about
// arguments only ever narrow the list.
//
// What it costs is the kernel's work when it is put in force: for each
// instruction 0.2 us to compile it, and 1.8 us if it is on the way of most
// numbers, since the kernel interprets the filter for every number of both
// processors and remembers which are always allowed: those calls never run it.
// So a number is one comparison, and only the low numbers, which read and
// write, are remembered: the others come after two instructions to one that the
// interpreter does not know, and each call of theirs costs 18 ns more.

#include "Harden.h"
#include "Host/Syscall.h"
#include <alloca.h>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>

namespace moat::rt {

using host::FilterInstruction;

// The linker defines these around the section.
extern "C" {
[[gnu::visibility("hidden")]] extern const uint32_t __start_moat_syscalls[];
[[gnu::visibility("hidden")]] extern const uint32_t __stop_moat_syscalls[];
}

LayerText layerText(uint32_t index) {
  static constexpr LayerText texts[] = {
#define LAYER(name, spelling, text) {spelling, text},
#include "moat/abi/Hardening.def"
  };
  return texts[index];
}

bool parseLayers(const char *list, uint32_t &layers) {
  for (;;) {
    size_t size = strcspn(list, ",");
    auto is = [&](const char *text, const char *word, size_t wordSize) {
      return strlen(text) == wordSize && memcmp(text, word, wordSize) == 0;
    };
    uint32_t found = 0;
    for (uint32_t i = 0; size && i != abi::detail::layerCount; ++i)
      if (is(layerText(i).spelling, list + 1, size - 1))
        found = 1u << i;
    if (is("all", list, size))
      layers = abi::allHardenLayers;
    else if (is("none", list, size))
      layers = 0;
    else if (found && *list == '+')
      layers |= found;
    else if (found && *list == '-')
      layers &= ~found;
    else
      return false;
    if (list[size] == 0)
      return true;
    list += size + 1;
  }
}

// What is linked in.

namespace {

/// Numbers of system calls.
class SyscallSet {
public:
  constexpr SyscallSet() = default;
  constexpr SyscallSet(std::initializer_list<uint32_t> numbers) {
    for (uint32_t number : numbers)
      add(number);
  }
  static constexpr uint32_t limit = 512; ///< Linux 6.18 knows less than 480
  constexpr void add(uint32_t number) {
    if (number < limit)
      words[number / 64] |= uint64_t(1) << (number % 64);
  }
  bool isIn(const SyscallSet &other) const {
    for (size_t i = 0; i != std::size(words); ++i)
      if (words[i] & ~other.words[i])
        return false;
    return true;
  }
  /// The least number of them that is not below \p number; limit: there is
  /// none.
  uint32_t next(uint32_t number) const {
    while (number < limit) {
      if (uint64_t rest = words[number / 64] >> (number % 64))
        return number + static_cast<uint32_t>(__builtin_ctzll(rest));
      number = (number / 64 + 1) * 64;
    }
    return limit;
  }

private:
  uint64_t words[limit / 64] = {};
};

} // namespace

static SyscallSet linkedSyscalls() {
  // A call that a signal stopped may be taken up by the kernel through this.
  host::recordSyscall<SYS_restart_syscall>();
  SyscallSet linked;
  for (const uint32_t *number = __start_moat_syscalls;
       number != __stop_moat_syscalls; ++number)
    linked.add(*number);
  return linked;
}

// Inherited descriptors.

/// The lowest handle of the table's that is not below \p from; lastHandle: none
/// is.
static host::Handle nextHandle(DescriptorTable &descriptors,
                               host::Handle from) {
  host::Handle next = host::lastHandle;
  for (uint32_t fd = 0; auto descriptor = descriptors.lookup(fd); ++fd) {
    host::Handle handle = descriptor->handle.get();
    if (handle >= from && handle < next)
      next = handle;
  }
  return next;
}

/// Closes all but the standard streams and what the table holds.
static Errno closeInherited(DescriptorTable &descriptors) {
  host::Handle first = 3;
  for (;;) {
    host::Handle kept = nextHandle(descriptors, first);
    if (kept == host::lastHandle)
      return host::closeHandles(first, host::lastHandle);
    if (kept > first)
      if (Errno error = host::closeHandles(first, kept - 1);
          error != Errno::Success)
        return error;
    first = kept + 1;
  }
}

// Landlock.

/// Below this version every rename and link between directories is forbidden.
static constexpr int leastLandlockVersion = 2;

/// Calls that name no file, socket or process, of which Landlock decides
/// nothing. (tgkill and fcntl have rules, see filterSyscalls().)
static constexpr SyscallSet unnamingSyscalls = {
    SYS_clock_getres,    SYS_clock_gettime, SYS_clone,
    SYS_close,           SYS_dup3,          SYS_epoll_create1,
    SYS_exit,            SYS_exit_group,    SYS_fcntl,
    SYS_fdatasync,       SYS_fsync,         SYS_futex,
    SYS_getrandom,       SYS_gettid,        SYS_lseek,
    SYS_madvise,         SYS_mmap,          SYS_mprotect,
    SYS_mremap,          SYS_munmap,        SYS_ppoll,
    SYS_preadv,          SYS_pwritev2,      SYS_readv,
    SYS_restart_syscall, SYS_rt_sigaction,  SYS_rt_sigprocmask,
    SYS_rt_sigreturn,    SYS_sched_yield,   SYS_set_robust_list,
    SYS_set_tid_address, SYS_sigaltstack,   SYS_tgkill,
    SYS_write,           SYS_writev,
};

static Errno restrictFiles(DescriptorTable &descriptors, int version) {
  if (version < leastLandlockVersion)
    return version == 0 ? Errno::Nosys : Errno::Notsup;
  auto rules = host::makeLandlockRules(version);
  if (!rules)
    return rules.error();
  for (uint32_t fd = 0; auto found = descriptors.lookup(fd); ++fd) {
    const DescriptorUse &descriptor = *found;
    if (!descriptor.isPreopen)
      continue;
    bool isReadOnly = !(descriptor.inheriting & FdWrite);
    if (Errno error = host::allowBeneath(rules->get(), descriptor.handle.get(),
                                         isReadOnly, version);
        error != Errno::Success)
      return error;
  }
  return host::obeyLandlockRules(rules->get());
}

// The filter.

namespace {

/// What an argument of a system call must be.
struct ArgumentRule {
  uint32_t number;
  uint8_t argument;
  enum Kind : uint8_t { NoBitOf, OneOf } kind;
  uint32_t values[2]; ///< of NoBitOf: the first
};

/// A program for the kernel's filter machine.
class FilterWriter {
public:
  /// A jump reaches 255 instructions, the longest is from the first comparison
  /// to the end.
  static constexpr size_t most = 254;
  /// Distances that no jump of a filter this long has stand for the ends: see
  /// finishAll().
  static constexpr unsigned toKill = 253, toRefuse = 254, toAllow = 255;

  /// \p storage is for \p capacity instructions.
  FilterWriter(void *storage, size_t capacity)
      : instructions(static_cast<FilterInstruction *>(storage)),
        capacity(capacity < most ? capacity : most) {}

  void add(unsigned code, uint32_t operand, unsigned skipIfTrue = 0,
           unsigned skipIfFalse = 0) {
    if (count < capacity)
      instructions[count] = {static_cast<uint16_t>(code),
                             static_cast<uint8_t>(skipIfTrue),
                             static_cast<uint8_t>(skipIfFalse), operand};
    ++count;
  }
  void load(size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
  }
  void finish(uint32_t action) { add(BPF_RET | BPF_K, action); }
  size_t size() const { return count; }
  /// Lets instruction \p from, a comparison that is false, go on behind the
  /// last one so far.
  void elseHere(size_t from) {
    if (from < capacity)
      instructions[from].skipIfFalse =
          static_cast<uint8_t>(count - from - 1);
  }
  /// The ends that all share; what has not ended runs into the first.
  void finishAll() {
    size_t first = count;
    for (size_t i = 0; i != first && isComplete(); ++i)
      if (BPF_CLASS(instructions[i].code) == BPF_JMP)
        for (uint8_t *skip :
             {&instructions[i].skipIfTrue, &instructions[i].skipIfFalse})
          if (*skip >= toKill)
            *skip = static_cast<uint8_t>(first - i - 1 + *skip - toKill);
    finish(SECCOMP_RET_KILL_PROCESS);
    finish(SECCOMP_RET_ERRNO | EPERM);
    finish(SECCOMP_RET_ALLOW);
  }
  bool isComplete() const { return count <= capacity; }
  std::span<const FilterInstruction> all() const {
    return {instructions, count};
  }

private:
  FilterInstruction *instructions;
  size_t capacity;
  size_t count = 0;
};

} // namespace

/// Up to this number the kernel finds out at the start what is always allowed:
/// reading, writing and memory.
#if defined(__x86_64__)
static constexpr uint32_t lastRemembered = 31;
#else
static constexpr uint32_t lastRemembered = 127;
#endif

#if defined(__x86_64__)
// Calls of the 32-bit numbers in a 64-bit process have this processor, too, but
// numbers beyond all of ours.
static constexpr uint32_t auditProcessor = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
static constexpr uint32_t auditProcessor = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
static constexpr uint32_t auditProcessor = AUDIT_ARCH_RISCV64;
#endif

/// The number is that of \p rule: the call ends here, one way or the other.
static void writeRule(FilterWriter &filter, const ArgumentRule &rule) {
  constexpr unsigned no = FilterWriter::toRefuse, yes = FilterWriter::toAllow;
  // The low half: what flags and requests are looked at by the kernel.
  filter.load(offsetof(seccomp_data, args) + 8 * rule.argument);
  if (rule.kind == ArgumentRule::NoBitOf)
    return filter.add(BPF_JMP | BPF_JSET | BPF_K, rule.values[0], no, yes);
  filter.add(BPF_JMP | BPF_JEQ | BPF_K, rule.values[0], yes, 0);
  filter.add(BPF_JMP | BPF_JEQ | BPF_K, rule.values[1], yes, no);
}

/// Allows what is on the list from \p first to \p last. Whatever the processor
/// is: the others' calls have other numbers.
static void writePart(FilterWriter &filter, const SyscallSet &allowed,
                      std::span<const ArgumentRule> rules, uint32_t first,
                      uint32_t last) {
  filter.load(offsetof(seccomp_data, arch));
  filter.add(BPF_JMP | BPF_JEQ | BPF_K, auditProcessor, 0,
             FilterWriter::toKill);
  filter.load(offsetof(seccomp_data, nr));
  for (uint32_t number = allowed.next(first); number <= last;
       number = allowed.next(number + 1)) {
    size_t rule = 0;
    while (rule != rules.size() && rules[rule].number != number)
      ++rule;
    size_t comparison = filter.size();
    bool hasRule = rule != rules.size();
    filter.add(BPF_JMP | BPF_JEQ | BPF_K, number,
               hasRule ? 0 : FilterWriter::toAllow);
    if (hasRule) {
      writeRule(filter, rules[rule]);
      filter.elseHere(comparison);
    }
  }
}

static Errno filterSyscalls(const SyscallSet &allowed) {
  auto self = static_cast<uint32_t>(host::processNumber());
  constexpr uint32_t getAttributes = 0x5401, readable = 0x541b; // of ioctl(2)
  constexpr uint32_t getFlags = 3, setFlags = 4;                // of fcntl(2)
  const ArgumentRule rules[] = {
      {SYS_mmap, 2, ArgumentRule::NoBitOf, {PROT_EXEC}},
      {SYS_mprotect, 2, ArgumentRule::NoBitOf, {PROT_EXEC}},
      {SYS_ioctl, 1, ArgumentRule::OneOf, {getAttributes, readable}},
      {SYS_fcntl, 1, ArgumentRule::OneOf, {getFlags, setFlags}},
      {SYS_tgkill, 0, ArgumentRule::OneOf, {self, self}},
  };

  // A comparison for each number at most, three instructions for each rule, and
  // 13 in front of both parts and behind them. Not more: this is another page of
  // stack.
  size_t capacity =
      static_cast<size_t>(__stop_moat_syscalls - __start_moat_syscalls) +
      3 * std::size(rules) + 13;
  FilterWriter filter(alloca(capacity * sizeof(FilterInstruction)), capacity);
  filter.load(offsetof(seccomp_data, nr));
  size_t comparison = filter.size();
  filter.add(BPF_JMP | BPF_JGT | BPF_K, lastRemembered);
  filter.add(BPF_MISC | BPF_TAX, 0); // what the interpreter does not know
  writePart(filter, allowed, rules, lastRemembered + 1, SyscallSet::limit - 1);
  filter.finish(SECCOMP_RET_KILL_PROCESS);
  filter.elseHere(comparison);
  writePart(filter, allowed, rules, 0, lastRemembered);
  filter.finishAll();
  if (!filter.isComplete())
    return Errno::TwoBig;
  return host::obeyFilter(filter.all());
}

// The layers, in the order of their rows.

Hardening harden(DescriptorTable &descriptors, uint32_t layers,
                 bool areRequired) {
  Hardening result = {.requested = layers};
  auto put = [&](abi::detail::HardenBit layer, auto enforce) {
    if (!(layers >> layer & 1))
      return false;
    result.errors[layer] = enforce();
    if (result.errors[layer] != Errno::Success)
      return false;
    result.enforced |= 1u << layer;
    return true;
  };
  put(abi::detail::Inherited, [&] { return closeInherited(descriptors); });
  put(abi::detail::NoNewPrivs, host::refuseNewPrivileges);
  put(abi::detail::NoExec, host::refuseExecutableMemory);
  auto putLandlock = [&] {
    return put(abi::detail::Landlock, [&] {
      result.landlockVersion = host::landlockVersion();
      return restrictFiles(descriptors, result.landlockVersion);
    });
  };
  SyscallSet linked = linkedSyscalls();
  auto putFilter = [&] {
    return put(abi::detail::Seccomp, [&] { return filterSyscalls(linked); });
  };
  if (areRequired || !linked.isIn(unnamingSyscalls)) {
    putLandlock();
    putFilter();
  } else if (!putFilter()) {
    putLandlock();
  } else {
    result.implied = layers & 1u << abi::detail::Landlock;
  }
  return result;
}

} // namespace moat::rt
