// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Threads that wait for each other on Linux: futex(2), and the lock made of it.

#include "Host/Host.h"
#include "Host/Syscall.h"
#include <linux/futex.h>
#include <linux/time_types.h>

namespace moat::rt {

Errno host::waitWhile(const uint32_t *word, uint32_t value,
                      uint64_t deadlineNs) {
  constexpr uint64_t second = 1'000'000'000;
  __kernel_timespec deadline = {static_cast<int64_t>(deadlineNs / second),
                                static_cast<long long>(deadlineNs % second)};
  bool isEndless = deadlineNs == UINT64_MAX;
  long result = invoke<SYS_futex>(word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
                                  value, isEndless ? nullptr : &deadline,
                                  nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == -ETIMEDOUT ? Errno::Timedout : Errno::Success;
}

void host::wake(const uint32_t *word, uint32_t count) {
  constexpr uint32_t most = INT32_MAX;
  invoke<SYS_futex>(word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG,
                    count < most ? count : most);
}

/// Whoever had to wait takes the lock as contended, since others may still
/// wait.
void host::Mutex::lockSlowly() {
  while (__atomic_exchange_n(&state, Contended, __ATOMIC_ACQUIRE) != Free)
    (void)waitWhile(&state, Contended,
                    UINT64_MAX); // for whatever reason it ends
}

} // namespace moat::rt
