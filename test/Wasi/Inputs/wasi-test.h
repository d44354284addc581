// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// For tests that call WASI functions as they are, beneath wasi-libc. Descriptor 3 is the
// first preopen.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define ROOT 3
#define ALL_RIGHTS ((__wasi_rights_t)0x3fffffff)
#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW

static const char *nameOf(__wasi_errno_t error) {
  static const char *const names[] = {
      "success",     "2big",     "acces",       "addrinuse", "addrnotavail", "afnosupport",
      "again",       "already",  "badf",        "badmsg",    "busy",         "canceled",
      "child",       "connaborted", "connrefused", "connreset", "deadlk",    "destaddrreq",
      "dom",         "dquot",    "exist",       "fault",     "fbig",         "hostunreach",
      "idrm",        "ilseq",    "inprogress",  "intr",      "inval",        "io",
      "isconn",      "isdir",    "loop",        "mfile",     "mlink",        "msgsize",
      "multihop",    "nametoolong", "netdown",  "netreset",  "netunreach",   "nfile",
      "nobufs",      "nodev",    "noent",       "noexec",    "nolck",        "nolink",
      "nomem",       "nomsg",    "noprotoopt",  "nospc",     "nosys",        "notconn",
      "notdir",      "notempty", "notrecoverable", "notsock", "notsup",      "notty",
      "nxio",        "overflow", "ownerdead",   "perm",      "pipe",         "proto",
      "protonosupport", "prototype", "range",   "rofs",      "spipe",        "srch",
      "stale",       "timedout", "txtbsy",      "xdev",      "notcapable"};
  return error < sizeof(names) / sizeof(*names) ? names[error] : "no errno";
}

/// Prints `what: errno`.
static void show(const char *what, __wasi_errno_t error) {
  printf("%s: %s\n", what, nameOf(error));
}

/// Opens \p path with all rights that the directory gives. \returns -1 and prints why, if
/// \p what is given, on failure.
static int openAt(int directory, const char *path, int oflags, __wasi_rights_t rights) {
  __wasi_fd_t fd;
  __wasi_errno_t error = __wasi_path_open(directory, FOLLOW, path, oflags, rights, ALL_RIGHTS,
                                          0, &fd);
  return error ? -(int)error : (int)fd;
}

/// Opens and closes. \returns the errno.
static __wasi_errno_t tryOpen(int directory, const char *path, int oflags,
                              __wasi_rights_t rights) {
  int fd = openAt(directory, path, oflags, rights);
  if (fd < 0)
    return (__wasi_errno_t)-fd;
  return __wasi_fd_close(fd);
}

static void must(const char *what, __wasi_errno_t error) {
  if (error) {
    show(what, error);
    exit(1);
  }
}

/// The rights of \p fd but for \p taken.
static __wasi_rights_t without(int fd, __wasi_rights_t taken) {
  __wasi_fdstat_t stat;
  must("rights of a descriptor", __wasi_fd_fdstat_get(fd, &stat));
  return stat.fs_rights_base & ~taken;
}

static void writeFile(const char *path, const char *text) {
  int fd = openAt(ROOT, path, __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE);
  if (fd < 0)
    must(path, (__wasi_errno_t)-fd);
  __wasi_ciovec_t iovec = {(const uint8_t *)text, strlen(text)};
  __wasi_size_t written;
  must(path, __wasi_fd_write(fd, &iovec, 1, &written));
  must(path, __wasi_fd_close(fd));
}
