// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// One system call of Linux, and the list of them that writes itself.
// `invoke<number>` makes the call without libc, so that nothing else is linked,
// and leaves its number, 4 bytes, in the section `moat_syscalls`. Each such
// entry is associated with the function that makes the call (SHF_LINK_ORDER):
// the linker's garbage collection drops both or none. The section's name is a C
// identifier, so the linker defines __start_moat_syscalls and
// __stop_moat_syscalls around what is left: numbers in no order, with
// repetitions.

#pragma once

#include "Errno.h"
#include <errno.h>
#include <sys/syscall.h>

namespace moat::rt::host {

/// Records that the surrounding function makes system call \p number, where
/// libc makes it.
template <long number>
[[gnu::always_inline]] inline void recordSyscall() {
  // The label ties the entry to the section of the function it ends up in.
  asm volatile(
      ".Lmoat_syscall%=:\n\t"
      ".pushsection moat_syscalls,\"ao\",%%progbits,.Lmoat_syscall%=\n\t"
      ".p2align 2\n\t"
      ".long %c0\n\t"
      ".popsection"
      :
      : "i"(number));
}

namespace detail {

#if defined(__x86_64__)
[[gnu::always_inline]] inline long syscall6(long number, long a, long b, long c,
                                            long d, long e, long f) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
[[gnu::always_inline]] inline long syscall6(long number, long a, long b, long c,
                                            long d, long e, long f) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
}
#elif defined(__riscv) && __riscv_xlen == 64
[[gnu::always_inline]] inline long syscall6(long number, long a, long b, long c,
                                            long d, long e, long f) {
  register long a7 asm("a7") = number;
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  register long a3 asm("a3") = d;
  register long a4 asm("a4") = e;
  register long a5 asm("a5") = f;
  asm volatile("ecall"
               : "+r"(a0)
               : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
               : "memory");
  return a0;
}
#else
#error "no system calls for this processor yet"
#endif

template <typename T>
[[gnu::always_inline]] inline long word(T value) {
  return (long)value; // integers and pointers alike
}

template <typename... Arguments>
[[gnu::always_inline]] inline long call(long number, Arguments... arguments) {
  static_assert(sizeof...(Arguments) <= 6);
  long words[6] = {word(arguments)...};
  return syscall6(number, words[0], words[1], words[2], words[3], words[4],
                  words[5]);
}

} // namespace detail

/// Makes a system call. \returns what the kernel does: a negative errno(3) or
/// the result.
template <long number, typename... Arguments>
[[gnu::always_inline]] inline long invoke(Arguments... arguments) {
  recordSyscall<number>();
  return detail::call(number, arguments...);
}

/// The same for what a program does only while it starts: it is not on the
/// list, so that it cannot be done any more when the guest runs (Harden.h).
template <long number, typename... Arguments>
[[gnu::always_inline]] inline long invokeAtStart(Arguments... arguments) {
  return detail::call(number, arguments...);
}

/// Records that the surrounding function reserves, commits, allocates, grows or
/// releases pages (Host.h) when the guest runs.
[[gnu::always_inline]] inline void recordMemorySyscalls() {
  recordSyscall<SYS_mmap>();
  recordSyscall<SYS_mprotect>();
  recordSyscall<SYS_mremap>();
  recordSyscall<SYS_munmap>();
}

/// Whether the guest's call is to end (Interrupt.h); always false in an
/// executable.
bool isCallInterrupted();

/// The same, repeated while a signal interrupts it.
template <long number, typename... Arguments>
[[gnu::always_inline]] inline long invokeAgain(Arguments... arguments) {
  long result;
  do
    result = invoke<number>(arguments...);
  while (result == -EINTR && !isCallInterrupted());
  return result;
}

inline bool isError(long result) { return result < 0 && result > -4096; }

/// Success, or what the kernel's answer stands for.
inline Errno toErrno(long result) {
  return isError(result) ? errnoFromHost(static_cast<int>(-result))
                         : Errno::Success;
}
template <typename T>
Result<T> toResult(long result) {
  if (isError(result))
    return Fail(errnoFromHost(static_cast<int>(-result)));
  return (T)result; // numbers and addresses
}

} // namespace moat::rt::host
