// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// How many bytes the guest may still write, to files, streams and sockets
// together. A write takes its bytes before it is made and gives back what was
// not written, so that threads cannot pass the limit together. A write that
// passes it is cut short, as by a full disk; when nothing is left, the answer
// is Dquot.

#pragma once

#include "Host/Host.h"

namespace moat::rt {

class WriteQuota {
public:
  explicit WriteQuota(uint64_t bytes) : left(bytes) {}

  /// Takes \p wanted bytes, or what is left of them. \returns how many.
  uint64_t take(uint64_t wanted) {
    uint64_t seen = __atomic_load_n(&left, __ATOMIC_RELAXED), taken;
    do
      taken = wanted < seen ? wanted : seen;
    while (!__atomic_compare_exchange_n(&left, &seen, seen - taken, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return taken;
  }
  /// Takes all of \p wanted bytes, or none. False: they are not left.
  bool takeAll(uint64_t wanted) {
    uint64_t taken = take(wanted);
    if (taken == wanted)
      return true;
    giveBack(taken);
    return false;
  }
  void giveBack(uint64_t bytes) {
    __atomic_fetch_add(&left, bytes, __ATOMIC_RELAXED);
  }

private:
  uint64_t left;
};

/// The bytes of one write: taken from the quota, if there is one, and given
/// back unless they are written.
class WriteShare {
public:
  /// Cuts the buffers \p items off behind what is left.
  WriteShare(WriteQuota *quota, host::IoVector *items, size_t count)
      : quota(quota) {
    if (quota)
      cut(items, count);
  }
  WriteShare(const WriteShare &) = delete;
  ~WriteShare() {
    if (quota)
      quota->giveBack(taken);
  }

  /// Dquot: there is something to write, and nothing left for it.
  Errno error() const { return isExhausted ? Errno::Dquot : Errno::Success; }
  /// Whether the buffers are shorter than they were.
  bool isCut() const { return wasCut; }
  void written(uint64_t bytes) { taken -= quota ? bytes : 0; }

private:
  void cut(host::IoVector *items, size_t count);

  WriteQuota *quota;
  uint64_t taken = 0;
  bool isExhausted = false;
  bool wasCut = false;
};

} // namespace moat::rt
