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
  enum Kind : uint8_t { NoneOfBits, OneOf } kind;
  uint32_t values[2];
};

/// A program for the kernel's filter machine.
class FilterWriter {
public:
  /// A jump reaches 255 instructions, the longest is from the first comparison
  /// to the end.
  static constexpr size_t capacity = 255;
  /// No distance that a jump of a filter this long has: see finishBoth().
  static constexpr unsigned toKill = 254, toAllow = 255;

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
  /// The end: where the comparisons go that skip to one of the two.
  void finishBoth() {
    size_t kill = count, allow = count + 1;
    for (size_t i = 0; i != kill && isComplete(); ++i) {
      FilterInstruction &at = instructions[i];
      if (at.code != (BPF_JMP | BPF_JGE | BPF_K))
        continue;
      for (uint8_t *skip : {&at.skipIfTrue, &at.skipIfFalse})
        if (*skip >= toKill)
          *skip = static_cast<uint8_t>((*skip == toKill ? kill : allow) - i - 1);
    }
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
  uint16_t first;
  const ArgumentRule *rule;
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
  // The low half: what flags and requests are looked at by the kernel.
  filter.load(offsetof(seccomp_data, args) + 8 * rule.argument);
  if (rule.kind == ArgumentRule::OneOf) {
    filter.add(BPF_JMP | BPF_JEQ | BPF_K, rule.values[0], 1, 0);
    filter.add(BPF_JMP | BPF_JEQ | BPF_K, rule.values[1], 0, 1);
  } else {
    filter.add(BPF_JMP | BPF_JSET | BPF_K, rule.values[0], 2, 0);
    filter.add(BPF_JMP | BPF_JSET | BPF_K, rule.values[1], 1, 0);
  }
  filter.finish(SECCOMP_RET_ALLOW);
  filter.finish(SECCOMP_RET_ERRNO | EPERM);
}

/// The number has been loaded, and is in one of at least two \p ranges: a
/// search by halves. It is as deep as the logarithm of their number.
static void writeSearch(FilterWriter &filter,
                        std::span<const SyscallRange> ranges) {
  auto end = [](std::span<const SyscallRange> half) -> unsigned {
    if (half.size() != 1 || half.front().decision == SyscallRange::ByRule)
      return 0;
    return half.front().decision == SyscallRange::Allow ? FilterWriter::toAllow
                                                        : FilterWriter::toKill;
  };
  auto write = [&](std::span<const SyscallRange> half) {
    if (half.size() != 1)
      writeSearch(filter, half);
    else if (half.front().decision == SyscallRange::ByRule)
      writeRule(filter, *half.front().rule);
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
      {SYS_mmap, 2, ArgumentRule::NoneOfBits, {PROT_EXEC, PROT_EXEC}},
      {SYS_mprotect, 2, ArgumentRule::NoneOfBits, {PROT_EXEC, PROT_EXEC}},
      {SYS_ioctl, 1, ArgumentRule::OneOf, {getAttributes, readable}},
      {SYS_fcntl, 1, ArgumentRule::OneOf, {getFlags, setFlags}},
      {SYS_tgkill, 0, ArgumentRule::OneOf, {self, self}},
  };

  FilterWriter filter;
  filter.load(offsetof(seccomp_data, arch));
  filter.add(BPF_JMP | BPF_JEQ | BPF_K, auditProcessor, 1, 0);
  filter.finish(SECCOMP_RET_KILL_PROCESS);
  filter.load(offsetof(seccomp_data, nr));
  auto ruleOf = [&](uint32_t number) -> const ArgumentRule * {
    for (const ArgumentRule &rule : rules)
      if (rule.number == number)
        return &rule;
    return nullptr;
  };
  // As many as the filter has room for: each but one is compared with, and each
  // has its end.
  constexpr size_t mostRanges = 255;
  SyscallRange ranges[mostRanges];
  size_t count = 0;
  auto begin = [&](SyscallRange::Decision decision, uint32_t first,
                   const ArgumentRule *rule = nullptr) {
    if (count != 0 && decision != SyscallRange::ByRule &&
        ranges[count - 1].decision == decision)
      return true;
    if (count == mostRanges)
      return false;
    ranges[count++] = {decision, static_cast<uint16_t>(first), rule};
    return true;
  };
  uint32_t end = 0; // of the range that was begun last
  bool isComplete = true;
  for (uint32_t number = allowed.next(0); number != SyscallSet::limit;
       number = allowed.next(end)) {
    if (number != end)
      isComplete &= begin(SyscallRange::Kill, end);
    const ArgumentRule *rule = ruleOf(number);
    isComplete &=
        begin(rule ? SyscallRange::ByRule : SyscallRange::Allow, number, rule);
    end = number + 1;
  }
  isComplete &= begin(SyscallRange::Kill, end);
  if (!isComplete)
    return Errno::TwoBig;
  writeSearch(filter, {ranges, count});
  filter.finishBoth();
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
