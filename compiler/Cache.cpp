// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Everything below the folder goes through its descriptor, which was checked.

#include "Cache.h"
#include "Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

using namespace moat;

/// An unfinished entry this old belongs to nobody any more.
static constexpr time_t staleSeconds = 60 * 60;

static Error cacheError(const std::string &path, const Twine &what) {
  return errorOf("cache " + path + ": " + what);
}

/// The folder for caches of programs, or an empty string.
static std::string cacheHome() {
  const char *xdg = getenv("XDG_CACHE_HOME");
  // XDG Base Directory Specification: a relative path is invalid and to be
  // ignored.
  if (xdg && xdg[0] == '/')
    return xdg;
  const char *home = getenv("HOME");
  return home && home[0] == '/' ? std::string(home) + "/.cache" : "";
}

/// Makes \p path and the folders above it, for the user alone.
static bool makeFolders(const std::string &path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST)
    return true;
  size_t slash = path.rfind('/');
  return errno == ENOENT && slash != 0 && slash != std::string::npos &&
         makeFolders(path.substr(0, slash)) &&
         (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST);
}

Expected<Cache> Cache::open(uint64_t limitBytes) {
  std::string home = cacheHome();
  if (home.empty())
    return errorOf("no cache: neither XDG_CACHE_HOME nor HOME names a folder");
  std::string path = home + "/moat";
  if (!makeFolders(path))
    return cacheError(path, strerror(errno));
  int folder =
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0)
    return cacheError(path, strerror(errno));
  Cache cache(path, folder, limitBytes);
  struct stat status;
  if (fstat(folder, &status))
    return cacheError(path, strerror(errno));
  if (status.st_uid != geteuid())
    return cacheError(path, "belongs to another user");
  if (status.st_mode & 077)
    return cacheError(path, "others may enter it; its mode should be 0700");
  return cache;
}

Cache::~Cache() {
  if (folder >= 0)
    close(folder);
}

std::optional<int> Cache::find(StringRef key) const {
  int fd = openat(folder, key.str().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return std::nullopt;
  struct stat status;
  if (fstat(fd, &status) || !S_ISREG(status.st_mode) ||
      status.st_uid != geteuid() || !(status.st_mode & S_IXUSR)) {
    close(fd);
    return std::nullopt;
  }
  futimens(fd, nullptr); // the time of use, for eviction
  return fd;
}

std::string Cache::entryPath(StringRef key) const {
  return path + "/" + key.str();
}

void Cache::evict(StringRef keep) const {
  struct Entry {
    std::string name;
    timespec used;
    uint64_t sizeBytes;
  };
  int copy = dup(folder);
  DIR *listing = copy < 0 ? nullptr : fdopendir(copy);
  if (!listing)
    return;
  rewinddir(listing);
  std::vector<Entry> entries;
  uint64_t totalBytes = 0;
  time_t now = time(nullptr);
  while (const dirent *item = readdir(listing)) {
    StringRef name = item->d_name;
    struct stat status;
    if (fstatat(folder, item->d_name, &status, AT_SYMLINK_NOFOLLOW) ||
        !S_ISREG(status.st_mode))
      continue;
    if (name.contains(".tmp") && status.st_mtim.tv_sec + staleSeconds < now) {
      unlinkat(folder, item->d_name, 0);
      continue;
    }
    totalBytes += status.st_blocks * 512;
    if (name != keep)
      entries.push_back(
          {name.str(), status.st_mtim, uint64_t(status.st_blocks) * 512});
  }
  closedir(listing);

  llvm::sort(entries, [](const Entry &a, const Entry &b) {
    return std::tie(a.used.tv_sec, a.used.tv_nsec, a.name) <
           std::tie(b.used.tv_sec, b.used.tv_nsec, b.name);
  });
  for (const Entry &entry : entries) {
    if (totalBytes <= limitBytes)
      return;
    // A program that runs keeps its file until it ends.
    if (unlinkat(folder, entry.name.c_str(), 0) == 0)
      totalBytes -= entry.sizeBytes;
  }
}

struct CacheKey::Hasher {
  llvm::BLAKE3 blake3;
};

CacheKey::CacheKey() : hasher(std::make_unique<Hasher>()) {}
CacheKey::~CacheKey() = default;

void CacheKey::add(StringRef part) {
  uint64_t sizeBytes = part.size();
  hasher->blake3.update(
      StringRef(reinterpret_cast<const char *>(&sizeBytes), sizeof(sizeBytes)));
  hasher->blake3.update(part);
}

std::string CacheKey::finish() {
  return llvm::toHex(hasher->blake3.final<32>(), /*LowerCase=*/true);
}
