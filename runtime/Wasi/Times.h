// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What the two ways of setting a file's times share.

#pragma once

#include "Types.h"

namespace moat::rt::wasi {

struct NewTimes {
  host::NewTime accessed, modified;
};

/// From timestamps and fstflags. Inval: a time is to be both given and now, or
/// an unknown flag.
inline Result<NewTimes> newTimes(uint64_t accessed, uint64_t modified,
                                 uint32_t flags) {
  constexpr uint32_t known = SetAtim | SetAtimNow | SetMtim | SetMtimNow;
  constexpr uint32_t accessedBoth = SetAtim | SetAtimNow,
                     modifiedBoth = SetMtim | SetMtimNow;
  if ((flags & ~known) || (flags & accessedBoth) == accessedBoth ||
      (flags & modifiedBoth) == modifiedBoth)
    return Fail(Errno::Inval);
  auto newTime = [](uint64_t ns, bool isSet, bool isNow) -> host::NewTime {
    constexpr uint64_t perSecond = 1'000'000'000;
    if (isNow)
      return {host::NewTime::Now, {}};
    if (!isSet)
      return {host::NewTime::Keep, {}};
    return {host::NewTime::Set,
            {static_cast<int64_t>(ns / perSecond),
             static_cast<uint32_t>(ns % perSecond)}};
  };
  return NewTimes{newTime(accessed, flags & SetAtim, flags & SetAtimNow),
                  newTime(modified, flags & SetMtim, flags & SetMtimNow)};
}

} // namespace moat::rt::wasi
