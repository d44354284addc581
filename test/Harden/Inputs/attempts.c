// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// What native code that has got into a program would try: each import makes one
// attempt and says how the kernel answered.

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

// Without libc's headers for the kernel, so that the calls are made as they stand.
static long callWith(long number, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e, r9 __asm__("r9") = 0;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
static long call(long number, long a, long b, long c, long d) {
  return callWith(number, a, b, c, d, 0);
}

enum {
  Read = 0, Write = 1, Mmap = 9, Mprotect = 10, Ioctl = 16, Getppid = 110, Prctl = 157,
  Tgkill = 234, Openat = 257, Mkdirat = 258,
};

static void say(const char *what, long result) {
  char line[128];
  int size = snprintf(line, sizeof(line), "%s: %s\n", what,
                      result < 0 ? strerror(-(int)result) : "done");
  call(Write, 2, (long)line, size, 0);
}

void moat_import_try__unlisted(void *instance) {
  say("a call that is not on the list", call(Getppid, 0, 0, 0, 0));
}
void moat_import_try__open(void *instance) {
  say("open outside", call(Openat, -100, (long)"/etc/passwd", 0, 0));
}
void moat_import_try__inside(void *instance) {
  say("open inside", call(Openat, -100, (long)"given/file", 0, 0));
  say("make inside", call(Mkdirat, -100, (long)"given/new", 0755, 0));
}
void moat_import_try__execute(void *instance) {
  static char page[8192] __attribute__((aligned(4096)));
  say("executable pages", callWith(Mmap, 0, 4096, 7, 0x22, -1));
  say("pages made executable", call(Mprotect, (long)page, 4096, 5, 0));
}
void moat_import_try__arguments(void *instance) {
  char byte = 'x';
  say("type into the terminal", call(Ioctl, 0, 0x5412, (long)&byte, 0));
  say("signal another process", call(Tgkill, 1, 1, 0, 0));
}
void moat_import_try__inherited(void *instance) {
  char byte;
  say("read what was inherited", call(Read, 9, (long)&byte, 1, 0));
}
void moat_import_try__privileges(void *instance) {
  say("no new privileges", call(Prctl, 39, 0, 0, 0) == 1 ? -EPERM : 0);
}

static void *openInThread(void *unused) {
  moat_import_try__open(0);
  return 0;
}
void moat_import_try__thread(void *instance) {
  pthread_t thread;
  pthread_create(&thread, 0, openInThread, 0);
  pthread_join(thread, 0);
}
