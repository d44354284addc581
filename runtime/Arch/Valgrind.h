// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Tells valgrind of guest stacks, so that it knows a change of stacks from a
// very large frame. Its requests are instructions that do nothing elsewhere
// (valgrind.h, "client request"; manual, 3.2 "The Client Request mechanism").

#pragma once

#include <cstdint>

namespace moat::rt {

/// \returns what valgrind makes of it; 0 where there is none.
inline uint64_t askValgrind(uint64_t request, uint64_t first, uint64_t second) {
#if defined(__x86_64__)
  const volatile uint64_t arguments[6] = {request, first, second};
  uint64_t answer = 0;
  asm volatile("rolq $3, %%rdi\n"
               "rolq $13, %%rdi\n"
               "rolq $61, %%rdi\n"
               "rolq $51, %%rdi\n"
               "xchgq %%rbx, %%rbx"
               : "+d"(answer)
               : "a"(&arguments[0])
               : "cc", "memory");
  return answer;
#else
  return (void)request, (void)first, (void)second, 0;
#endif
}

/// \returns the stack's name, for forgetStack().
inline uint64_t announceStack(uint64_t begin, uint64_t end) {
  return askValgrind(0x1501, begin, end);
}
inline void forgetStack(uint64_t name) { askValgrind(0x1502, name, 0); }

/// Memory that may be accessed: what is below the stack pointer of a stack that
/// was left counts as lost (memcheck.h, VALGRIND_MAKE_MEM_DEFINED).
inline void showMemory(const void *begin, uint64_t sizeBytes) {
  askValgrind(0x4d430002, reinterpret_cast<uint64_t>(begin), sizeBytes);
}

/// After a signal handler has changed stacks: valgrind looks where the stack
/// pointer is when it is set to something that was in memory.
inline void showStackChange() {
#if defined(__x86_64__)
  uint64_t sp;
  asm volatile("movq %%rsp, %0\n"
               "movq %0, %%rsp"
               : "=m"(sp));
#endif
}

} // namespace moat::rt
