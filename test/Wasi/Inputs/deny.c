// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
//   deny nosys|perm|inval CALL[,CALL...] PROGRAM ARGUMENTS...
//
// Runs a program on a kernel that seems to lack system calls, or in a sandbox
// that forbids them: a seccomp filter answers them with ENOSYS, EPERM or EINVAL.

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
  const char *name;
  unsigned number;
} calls[] = {
    {"close_range", SYS_close_range},
    {"epoll_create1", SYS_epoll_create1},
    {"fstat", SYS_fstat},
    {"landlock_create_ruleset", 444},
    {"openat2", SYS_openat2},
    {"prctl", SYS_prctl},
    {"pwritev2", SYS_pwritev2},
    {"seccomp", SYS_seccomp},
};

static unsigned numberOf(const char *name) {
  for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); ++i)
    if (strcmp(calls[i].name, name) == 0)
      return calls[i].number;
  fprintf(stderr, "unknown call %s\n", name);
  _exit(2);
}

int main(int argc, char **argv) {
  if (argc < 4)
    return 2;
  unsigned error = strcmp(argv[1], "perm") == 0    ? EPERM
                   : strcmp(argv[1], "inval") == 0 ? EINVAL
                                                   : ENOSYS;
  struct sock_filter code[64] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
  unsigned short count = 1;
  for (char *name = strtok(argv[2], ","); name && count < 60; name = strtok(NULL, ",")) {
    code[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, numberOf(name), 0, 1);
    code[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
  }
  code[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {count, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
    perror("seccomp");
    return 2;
  }
  execv(argv[3], argv + 3);
  perror(argv[3]);
  return 2;
}
