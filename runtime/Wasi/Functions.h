// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The bodies of the WASI functions, one prototype for each row of
// WasiFunctions.def. A body is defined as `Errno wasi::fd_close(Instance
// &instance, uint32_t fd)`, in the file of its family; one of another type does
// not compile. The symbols that compiled code calls are in Imports.cpp and
// Unstable.cpp.
//
// What holds for every body: each range of guest memory is checked before the
// first effect, and Fault is returned if any of it is out of bounds or the
// module has no memory; results are written last, and only on success; nothing
// is allocated that grows with a number of the guest's.

#pragma once

#include "Host/Host.h"
#include <cstdint>

namespace moat::rt {

struct Instance;

namespace wasi {

using I32 = uint32_t;
using I64 = uint64_t;

#define RESULT_I32 Errno
#define RESULT_None void
#define WASI(name, result, ...)                                                \
  RESULT_##result name(Instance &__VA_OPT__(, ) __VA_ARGS__);
#include "moat/abi/WasiFunctions.def"
#undef RESULT_I32
#undef RESULT_None

// What wasi_unstable shares where its layouts are others.

/// What fd_filestat_get knows. Badf, Notcapable.
Result<host::FileInfo> fileInfo(Instance &instance, I32 fd);
/// What path_filestat_get knows. Fault: the path is out of bounds; and its
/// errors.
Result<host::FileInfo> pathInfo(Instance &instance, I32 fd, I32 flags, I32 path,
                                I32 pathSize);

/// How poll_oneoff's subscriptions lie in memory.
struct SubscriptionLayout {
  uint32_t sizeBytes;
  uint32_t clockOffset; ///< of the clock's id; timeout, precision and flags
                        ///< follow it
};
inline constexpr SubscriptionLayout preview1Subscription = {48, 16};
inline constexpr SubscriptionLayout unstableSubscription = {56, 24};

/// poll_oneoff for either layout.
Errno pollOneoff(Instance &instance, I32 in, I32 out, I32 count, I32 result,
                 SubscriptionLayout layout);

} // namespace wasi
} // namespace moat::rt
