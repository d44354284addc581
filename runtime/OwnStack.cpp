// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Linux maps the first thread's stack as it is touched, as long as it is not
// longer than a limit (RLIMIT_STACK), which is compared at every page. So the
// limit is set to the distance of the guest's stack to the end:
//
//   end      arguments, environment, libc's and main's frames
//            protect() and the guest: at least the size that was asked for
//   begin    grows no further: a fault, as in a guard
//
// What lies below? Nothing, usually: mappings begin as far below as the limit
// was at execve(2), and mostly by a random distance more. Soundness does not
// rest on that: the kernel does not let a stack grow to within 1 MiB of another
// mapping (stack_guard_gap), and frames are probed. So where it will not grow, a
// guest faults before it reaches anything, and a fault in the stack counts as
// one in its guard.
//
// Where anything is not as it has to be, the stack is mapped, with a guard.

#include "OwnStack.h"
#include "Host/Host.h"

namespace moat::rt {

/// 128 KiB are mapped from the start, whatever the limit is.
static constexpr uint64_t leastBytes = 256 << 10;
/// To the stack's end, with arguments and environment (6 MiB at most).
static constexpr uint64_t mostBytes = 72 << 20;

// Not null in a program that can start others: those would inherit the limit.
extern "C" [[gnu::weak]] int execve(const char *, char *const *, char *const *);

bool useOwnStack(Domain &domain, abi::Context &context, uint64_t sizeBytes,
                 uint64_t outerFrame, uint64_t trapSp) {
  uint64_t usable = usableStackBytes(sizeBytes);
  if (usable < leastBytes || usable > mostBytes || execve)
    return false;
  auto frame = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
  uint64_t begin = (frame - usable) & ~uint64_t(host::pageBytes - 1);
  uint64_t end = host::firstStackEnd();
  if (end < outerFrame || end - begin > mostBytes ||
      !host::limitFirstStack(end - begin))
    return false;
  useStack(domain, context, {begin, (outerFrame + 15) & ~uint64_t(15)});
  // The frames of the start are not the guest's.
  context.stackBytes = usable - abi::hostStackBytes;
  domain.trapSp = trapSp;
  return true;
}

} // namespace moat::rt
