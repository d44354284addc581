// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The filter of system calls is built here from the section `moat_syscalls`,
// which holds the numbers of what is linked in (Host/Syscall.h). It ends the
// process at a call that is not on the list; a call that is on the list, with
// arguments that the runtime never gives it, fails with EPERM. The rules about
// arguments only ever narrow the list.
//
// It searches by halves: the kernel runs it for every number once when it is put
// in force, to find those that are always allowed, so its depth is what counts.

#include "Harden.h"
#include "Host/Syscall.h"
#include <cstring>
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
  static constexpr size_t capacity = 254;
  /// Distances that no jump of a filter this long has stand for the ends: see
  /// finishAll().
  static constexpr unsigned toRefuse = 253, toKill = 254, toAllow = 255;

  void add(unsigned code, uint32_t operand, unsigned skipIfTrue = 0,
           unsigned skipIfFalse = 0) {
    if (count != capacity)
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
  /// The ends that all share.
  void finishAll() {
    size_t first = count;
    for (size_t i = 0; i != first && isComplete(); ++i)
      if (BPF_CLASS(instructions[i].code) == BPF_JMP)
        for (uint8_t *skip :
             {&instructions[i].skipIfTrue, &instructions[i].skipIfFalse})
          if (*skip >= toRefuse)
            *skip = static_cast<uint8_t>(first - i - 1 + *skip - toRefuse);
    finish(SECCOMP_RET_ERRNO | EPERM);
    finish(SECCOMP_RET_KILL_PROCESS);
    finish(SECCOMP_RET_ALLOW);
  }
  bool isComplete() const { return count <= capacity; }
  std::span<const FilterInstruction> all() const {
    return {instructions, count};
  }

private:
  FilterInstruction instructions[capacity];
  size_t count = 0;
};

/// Neighbouring numbers of system calls about which the filter decides alike.
struct SyscallRange {
  enum Decision : uint8_t { Kill, Allow, ByRule } decision;
  uint8_t rule; ///< of ByRule: its index
  uint16_t first;
};

/// The numbers of system calls that are allowed.
class SyscallSet {
public:
  static constexpr uint32_t limit = 512; ///< Linux 6.18 knows less than 480
  void add(uint32_t number) {
    if (number < limit)
      words[number / 64] |= uint64_t(1) << (number % 64);
  }
  bool has(uint32_t number) const {
    return number < limit && words[number / 64] >> (number % 64) & 1;
  }
  /// The least number that is allowed and not below \p number; limit: none is.
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

/// The number has been loaded, and is in one of at least two \p ranges: a
/// search by halves. It is as deep as the logarithm of their number.
static void writeSearch(FilterWriter &filter,
                        std::span<const SyscallRange> ranges,
                        std::span<const ArgumentRule> rules) {
  auto end = [](std::span<const SyscallRange> half) -> unsigned {
    if (half.size() != 1 || half.front().decision == SyscallRange::ByRule)
      return 0;
    return half.front().decision == SyscallRange::Allow ? FilterWriter::toAllow
                                                        : FilterWriter::toKill;
  };
  auto write = [&](std::span<const SyscallRange> half) {
    if (half.size() != 1)
      writeSearch(filter, half, rules);
    else if (half.front().decision == SyscallRange::ByRule)
      writeRule(filter, rules[half.front().rule]);
  };
  auto low = ranges.first(ranges.size() / 2);
  auto high = ranges.subspan(low.size());
  size_t comparison = filter.size();
  filter.add(BPF_JMP | BPF_JGE | BPF_K, high.front().first, end(high),
             end(low));
  write(high);
  if (end(low) == 0)
    filter.elseHere(comparison);
  write(low);
}

static Errno filterSyscalls() {
  // A call that a signal stopped may be taken up by the kernel through this.
  host::recordSyscall<SYS_restart_syscall>();
  SyscallSet allowed;
  for (const uint32_t *number = __start_moat_syscalls;
       number != __stop_moat_syscalls; ++number)
    allowed.add(*number);

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

  FilterWriter filter;
  filter.load(offsetof(seccomp_data, arch));
  filter.add(BPF_JMP | BPF_JEQ | BPF_K, auditProcessor, 0,
             FilterWriter::toKill);
  filter.load(offsetof(seccomp_data, nr));
  // What it has room for: each range but one is compared with.
  constexpr size_t mostRanges = FilterWriter::capacity;
  SyscallRange ranges[mostRanges];
  size_t count = 0;
  bool isComplete = true;
  auto begin = [&](SyscallRange range) {
    if (count != 0 && range.decision != SyscallRange::ByRule &&
        ranges[count - 1].decision == range.decision)
      return;
    if (count == mostRanges)
      isComplete = false;
    else
      ranges[count++] = range;
  };
  uint16_t end = 0; // of the range that was begun last
  for (uint32_t next = allowed.next(0); next != SyscallSet::limit;
       next = allowed.next(end)) {
    auto number = static_cast<uint16_t>(next);
    if (number != end)
      begin({SyscallRange::Kill, 0, end});
    uint8_t rule = 0;
    while (rule != std::size(rules) && rules[rule].number != number)
      ++rule;
    begin({rule == std::size(rules) ? SyscallRange::Allow
                                    : SyscallRange::ByRule,
           rule, number});
    end = number + 1;
  }
  begin({SyscallRange::Kill, 0, end});
  if (!isComplete)
    return Errno::TwoBig;
  writeSearch(filter, {ranges, count}, rules);
  filter.finishAll();
  if (!filter.isComplete())
    return Errno::TwoBig;
  return host::obeyFilter(filter.all());
}

// The layers, in the order of their rows.

Hardening harden(DescriptorTable &descriptors, uint32_t layers) {
  Hardening result = {.requested = layers};
  auto put = [&](abi::detail::HardenBit layer, auto enforce) {
    if (!(layers >> layer & 1))
      return;
    result.errors[layer] = enforce();
    if (result.errors[layer] == Errno::Success)
      result.enforced |= 1u << layer;
  };
  put(abi::detail::Inherited, [&] { return closeInherited(descriptors); });
  put(abi::detail::NoNewPrivs, host::refuseNewPrivileges);
  put(abi::detail::NoExec, host::refuseExecutableMemory);
  put(abi::detail::Landlock, [&] {
    result.landlockVersion = host::landlockVersion();
    return restrictFiles(descriptors, result.landlockVersion);
  });
  put(abi::detail::Seccomp, filterSyscalls);
  return result;
}

} // namespace moat::rt
