// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// `wasi_unstable`, which programs of 2019 and 2020 import: the functions of
// preview 1 without sock_accept, with other layouts of filestat (56 bytes) and
// of subscriptions (56 bytes), and with other numbers of whence. Those four
// functions have bodies here.

#include "Guest.h"
#include "Symbols.h"

namespace moat::rt::wasi::unstable {

/// WASI preview 0, fd_seek: whence is 0 for the position, 1 for the end, 2 for
/// the start.
static Errno fd_seek(Instance &instance, I32 fd, I64 offset, I32 whence,
                     I32 result) {
  constexpr I32 start = 0, current = 1, end = 2;
  static constexpr I32 whences[] = {current, end, start};
  if (whence >= std::size(whences))
    return Errno::Inval;
  return wasi::fd_seek(instance, fd, offset, whences[whence], result);
}

/// WASI preview 0, fd_filestat_get.
static Errno fd_filestat_get(Instance &instance, I32 fd, I32 result) {
  auto slot = Guest(instance).slot<FilestatUnstable>(result);
  if (!slot)
    return slot.error();
  auto info = fileInfo(instance, fd);
  if (!info)
    return info.error();
  slot->set(FilestatUnstable::of(*info));
  return Errno::Success;
}

/// WASI preview 0, path_filestat_get.
static Errno path_filestat_get(Instance &instance, I32 fd, I32 flags, I32 path,
                               I32 pathSize, I32 result) {
  auto slot = Guest(instance).slot<FilestatUnstable>(result);
  if (!slot)
    return slot.error();
  auto info = pathInfo(instance, fd, flags, path, pathSize);
  if (!info)
    return info.error();
  slot->set(FilestatUnstable::of(*info));
  return Errno::Success;
}

/// WASI preview 0, poll_oneoff.
static Errno poll_oneoff(Instance &instance, I32 in, I32 out, I32 count,
                         I32 result) {
  return pollOneoff(instance, in, out, count, result, unstableSubscription);
}

// The names above come first in here, the others are those of preview 1.
#define WASI_FUNCTION(name, result, ...)                                       \
  WASI_SYMBOL(wasi_unstable, name, name, result, __VA_ARGS__)
#define WASI_SINCE_PREVIEW1(...)
#include "moat/abi/WasiFunctions.def"

} // namespace moat::rt::wasi::unstable
