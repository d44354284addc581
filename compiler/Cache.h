// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// The programs that `moat run` has compiled: a folder of executables, named by
// a hash of everything that decides their bytes.
//
// Whoever can write an entry runs code as the user: the folder belongs to the
// user and to nobody else (mode 0700), an entry is opened once, checked, and
// run by that descriptor.

#pragma once

#include "LLVM.h"
#include <optional>

namespace moat {

class Cache {
public:
  /// Opens `$XDG_CACHE_HOME/moat`, else `$HOME/.cache/moat`, and makes it if it
  /// is not there. Errors: it is not a folder, is another user's, or others may
  /// enter it.
  static Expected<Cache> open(uint64_t limitBytes);
  Cache(Cache &&other)
      : path(std::move(other.path)), folder(other.folder),
        limitBytes(other.limitBytes) {
    other.folder = -1;
  }
  ~Cache();

  /// A descriptor of the entry, marked as used just now, or nothing.
  std::optional<int> find(StringRef key) const;
  /// Where compile() is to write the entry, which it does beside and renames.
  std::string entryPath(StringRef key) const;
  /// Removes the entries that were not used for longest until the rest fits,
  /// and what broken-off compilations left; never \p keep.
  void evict(StringRef keep) const;

private:
  Cache(std::string path, int folder, uint64_t limitBytes)
      : path(std::move(path)), folder(folder), limitBytes(limitBytes) {}
  std::string path;
  int folder; ///< descriptor
  uint64_t limitBytes;
};

/// Collects what an entry's bytes depend on. Parts are kept apart: ("ab", "c")
/// and
/// ("a", "bc") give different keys.
class CacheKey {
public:
  CacheKey();
  ~CacheKey();
  void add(StringRef part);
  /// 64 hexadecimal digits.
  std::string finish();

private:
  struct Hasher;
  std::unique_ptr<Hasher> hasher;
};

} // namespace moat
