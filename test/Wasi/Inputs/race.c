// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
//   race open SECONDS DEVICE:INODE...   opens and looks at paths through what moves
//   race move SECONDS                   moves folders and links of the same tree
//
// Guests of race.sh. The arguments of the first are files outside.

#include "wasi-test.h"

static unsigned long long outside[16][2];
static int outsideCount;

static __wasi_timestamp_t now(void) {
  __wasi_timestamp_t time;
  must("clock", __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time));
  return time;
}

static void check(const char *how, const char *path, const __wasi_filestat_t *stat) {
  for (int i = 0; i < outsideCount; ++i)
    if (outside[i][0] == stat->dev && outside[i][1] == stat->ino) {
      printf("ESCAPED: %s %s\n", how, path);
      exit(1);
    }
}

static int openAll(__wasi_timestamp_t end) {
  static const char *const paths[] = {
      "a/b/../secret",       "a/b/../../secret",     "a/b/../../../secret", "swap/secret",
      "a/swap/secret",       "a/b/c/../../../secret", "swap/../secret",     "swap/../../secret",
      "a/b/c/up/secret",     "a/b/..",               "a/b/../..",           "swap",
      "swap/",               "a/b/c/up/..",          "a/b/c/up/../..",      "swap/dir/../secret"};
  long opened = 0, refused = 0;
  while (now() < end)
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); ++i) {
      __wasi_filestat_t stat;
      __wasi_fd_t fd;
      if (!__wasi_path_filestat_get(ROOT, FOLLOW, paths[i], &stat))
        check("stat", paths[i], &stat);
      if (__wasi_path_open(ROOT, FOLLOW, paths[i], 0,
                           __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_FILESTAT_GET, 0, 0, &fd)) {
        ++refused;
      } else {
        must("stat", __wasi_fd_filestat_get(fd, &stat));
        check("open", paths[i], &stat);
        must("close", __wasi_fd_close(fd));
        ++opened;
      }
      // What it makes must not land outside: race.sh looks.
      if (!__wasi_path_open(ROOT, FOLLOW, paths[i], __WASI_OFLAGS_TRUNC,
                            __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_FILESTAT_GET, 0, 0, &fd)) {
        must("stat", __wasi_fd_filestat_get(fd, &stat));
        check("truncate", paths[i], &stat);
        must("close", __wasi_fd_close(fd));
      }
      char made[64];
      snprintf(made, sizeof(made), "%s/made", paths[i]);
      if (!__wasi_path_create_directory(ROOT, made))
        (void)!__wasi_path_remove_directory(ROOT, made);
    }
  printf("%s\n", opened && refused ? "some were opened, some refused" : "no race");
  return 0;
}

static int moveAll(__wasi_timestamp_t end) {
  while (now() < end) {
    (void)!__wasi_path_rename(ROOT, "a/b/c", ROOT, "c");
    (void)!__wasi_path_rename(ROOT, "c", ROOT, "a/b/c");
    (void)!__wasi_path_symlink("a", ROOT, "link");
    (void)!__wasi_path_rename(ROOT, "a/swap", ROOT, "kept");
    (void)!__wasi_path_rename(ROOT, "link", ROOT, "a/swap");
    (void)!__wasi_path_unlink_file(ROOT, "a/swap");
    (void)!__wasi_path_rename(ROOT, "kept", ROOT, "a/swap");
  }
  return 0;
}

int main(int argc, char **argv) {
  __wasi_timestamp_t end = now() + strtoull(argv[2], 0, 10) * 1000000000;
  for (int i = 3; i < argc; ++i, ++outsideCount) {
    char *colon;
    outside[outsideCount][0] = strtoull(argv[i], &colon, 10);
    outside[outsideCount][1] = strtoull(colon + 1, 0, 10);
  }
  return strcmp(argv[1], "open") == 0 ? openAll(end) : moveAll(end);
}
