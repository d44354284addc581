// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
//   escape DEVICE:INODE...   (see escape.sh, which makes the tree)
//
// A guest that wants out: every way out that can be spelled with up to three
// names of the tree, with every call that takes a path, through a preopen that
// may be changed (3) and one that may only be read (4). The arguments are
// files that lie outside; whatever is reached must not be one of them. What calls
// changed, escape.sh sees.

#include "wasi-test.h"

#define READONLY 4

static struct {
  unsigned long long device, inode;
} outside[64];
static int outsideCount, escapeCount;
static long callCount;

static void escaped(const char *how, int fd, const char *path) {
  if (escapeCount++ < 20)
    printf("ESCAPED: %s %d %s\n", how, fd, path);
}

static int isOutside(const __wasi_filestat_t *stat) {
  for (int i = 0; i < outsideCount; ++i)
    if (outside[i].device == stat->dev && outside[i].inode == stat->ino)
      return 1;
  return 0;
}

/// Calls that change nothing where they succeed.
static void look(int fd, const char *path) {
  static const __wasi_rights_t rights[] = {__WASI_RIGHTS_FD_READ, __WASI_RIGHTS_FD_WRITE,
                                           __WASI_RIGHTS_PATH_OPEN | __WASI_RIGHTS_FD_READDIR, 0};
  __wasi_filestat_t stat;
  for (int follow = 0; follow < 2; ++follow) {
    for (int i = 0; i < 4; ++i) {
      __wasi_fd_t opened;
      __wasi_oflags_t oflags = i == 2 ? __WASI_OFLAGS_DIRECTORY : 0;
      ++callCount;
      if (__wasi_path_open(fd, follow, path, oflags,
                           rights[i] | __WASI_RIGHTS_FD_FILESTAT_GET, ALL_RIGHTS, 0, &opened))
        continue;
      must("fd_filestat_get", __wasi_fd_filestat_get(opened, &stat));
      if (isOutside(&stat))
        escaped("open", fd, path);
      must("close", __wasi_fd_close(opened));
    }
    ++callCount;
    if (!__wasi_path_filestat_get(fd, follow, path, &stat) && isOutside(&stat))
      escaped("stat", fd, path);
  }
}

/// Calls that would change what they reach; \p path ends in a name that only
/// lies outside. What they change inside is put back.
static void change(int fd, const char *path) {
  __wasi_filestat_t stat;
  __wasi_fd_t opened;
  static const __wasi_oflags_t flags[] = {__WASI_OFLAGS_CREAT, __WASI_OFLAGS_TRUNC,
                                          __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC,
                                          __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL};
  for (int i = 0; i < 4; ++i)
    if (!__wasi_path_open(fd, i & 1, path, flags[i],
                          __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_FILESTAT_GET, 0, 0, &opened)) {
      must("fd_filestat_get", __wasi_fd_filestat_get(opened, &stat));
      if (isOutside(&stat) || fd == READONLY)
        escaped("create", fd, path);
      must("close", __wasi_fd_close(opened));
      must("unlink", __wasi_path_unlink_file(fd, path));
    }
  if (!__wasi_path_create_directory(fd, path) && __wasi_path_remove_directory(fd, path))
    escaped("mkdir", fd, path);
  if (!__wasi_path_symlink("x", fd, path) && __wasi_path_unlink_file(fd, path))
    escaped("symlink", fd, path);
  if (!__wasi_path_link(3, 0, "victim", fd, path) && __wasi_path_unlink_file(fd, path))
    escaped("link to", fd, path);
  if (!__wasi_path_rename(3, "victim", fd, path) && __wasi_path_rename(fd, path, 3, "victim"))
    escaped("rename to", fd, path);
  for (int follow = 0; follow < 2; ++follow) {
    if (!__wasi_path_link(fd, follow, path, 3, "taken")) {
      escaped("link from", fd, path);
      must("unlink", __wasi_path_unlink_file(3, "taken"));
    }
    if (!__wasi_path_filestat_set_times(fd, follow, path, 1, 1,
                                        __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM))
      escaped("times", fd, path);
  }
  if (!__wasi_path_rename(fd, path, 3, "taken"))
    escaped("rename from", fd, path);
  if (!__wasi_path_unlink_file(fd, path))
    escaped("unlink", fd, path);
  if (!__wasi_path_remove_directory(fd, path))
    escaped("rmdir", fd, path);
  callCount += 17;
}

int main(int argc, char **argv) {
  static const char *const names[] = {"..",  "out",      "abs",   "chain", "up",  "sub",
                                      ".",   "dangling", "magic", "fifo",  "self", "link"};
  // Behind those: what lies outside, or nothing.
  static const char *const ends[] = {"", "/", "/.", "/..", "/secret", "//secret/", "/new", "/dir/",
                                     "/../outside/secret", "/../readonly/file"};
  enum { nameCount = sizeof(names) / sizeof(*names), endCount = sizeof(ends) / sizeof(*ends) };
  for (int i = 1; i < argc; ++i, ++outsideCount) {
    char *end;
    outside[outsideCount].device = strtoull(argv[i], &end, 10);
    outside[outsideCount].inode = strtoull(end + 1, 0, 10);
  }
  char path[256];
  for (int fd = 3; fd <= 4; ++fd)
    for (int a = 0; a < nameCount; ++a)
      for (int b = -1; b < nameCount; ++b)
        for (int c = -1; c < (b < 0 ? 0 : nameCount); ++c)
          for (int end = 0; end < endCount; ++end) {
            snprintf(path, sizeof(path), "%s%s%s%s%s%s", names[a], b < 0 ? "" : "/",
                     b < 0 ? "" : names[b], c < 0 ? "" : "/", c < 0 ? "" : names[c], ends[end]);
            look(fd, path);
            if (end >= 4)
              change(fd, path);
          }
  static const char *const absolute[] = {"/", "//", "/etc/passwd", "/proc/self/root", "/tmp/new"};
  for (int fd = 3; fd <= 4; ++fd)
    for (int i = 0; i < 5; ++i) {
      look(fd, absolute[i]);
      change(fd, absolute[i]);
      for (int follow = 0; follow < 2; ++follow)
        if (!tryOpen(fd, absolute[i], 0, __WASI_RIGHTS_FD_READ))
          escaped("open", fd, absolute[i]);
    }

  // From the folder that may only be read to the other, and the other way around.
  if (!__wasi_path_rename(READONLY, "file", ROOT, "taken") ||
      !__wasi_path_link(READONLY, 0, "file", ROOT, "taken") ||
      !__wasi_path_rename(ROOT, "victim", READONLY, "file") ||
      !__wasi_path_link(ROOT, 0, "victim", READONLY, "new") ||
      !tryOpen(READONLY, "file", __WASI_OFLAGS_TRUNC, 0) ||
      !tryOpen(READONLY, "file", 0, __WASI_RIGHTS_FD_WRITE) ||
      !__wasi_path_filestat_set_times(READONLY, 0, "file", 1, 1, __WASI_FSTFLAGS_MTIM))
    escaped("change", READONLY, "file");
  printf("%d escapes in %ld calls\n", escapeCount, callCount);
  return escapeCount != 0;
}
