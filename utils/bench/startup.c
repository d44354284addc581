// Part of moat. Licensed under Apache-2.0 WITH LLVM-exception; see LICENSE.
//
// Measures programs from start to end, as closely as a process can: each is
// started RUNS times, in rounds of changing order, with standard input and
// output at /dev/null and no environment.
//
//   startup RUNS PROGRAM...
//
// Prints a line for each: the median, the lower quartile and the least of the
// wall time in us, from before vfork(2) to after wait4(2), and the median of the
// page faults that needed no reading. All must exit with 0. To be pinned to one
// processor.

#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Between two runs: what the kernel puts off about the one that has ended
/// (freeing a filter's code, say) is not the next one's time.
static const long pauseNs = 40000;

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void pauseShortly(void) {
  for (long begin = now(); now() - begin < pauseNs;)
    sched_yield();
}

/// Nanoseconds; less than 0: it failed.
static long timeRun(char *program, int null, long *faults) {
  char *arguments[] = {program, NULL}, *environment[] = {NULL};
  struct rusage usage;
  int status;
  long start = now();
  pid_t child = vfork();
  if (child == 0) {
    dup2(null, 0);
    dup2(null, 1);
    execve(program, arguments, environment);
    _exit(127);
  }
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status)
    return -1;
  long end = now();
  *faults = usage.ru_minflt;
  return end - start;
}

static void shuffle(int *order, int count, uint64_t *random) {
  for (int i = count - 1; i > 0; --i) {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    int j = (int)(*random % (unsigned)(i + 1)), other = order[i];
    order[i] = order[j];
    order[j] = other;
  }
}

static int compare(const void *a, const void *b) {
  long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  long runs = argc > 2 ? atol(argv[1]) : 0;
  if (runs < 1) {
    fprintf(stderr, "startup RUNS PROGRAM...\n");
    return 2;
  }
  int count = argc - 2;
  char **programs = argv + 2;
  // What is inherited moat's programs close, in time that grows with its numbers.
  close_range(3, ~0U, 0);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  size_t total = (size_t)runs * (size_t)count;
  long *times = malloc(total * sizeof(long));
  long *faults = malloc(total * sizeof(long));
  int *order = malloc((size_t)count * sizeof(int));
  if (null < 0 || !times || !faults || !order)
    return 1;
  for (int i = 0; i < count; ++i)
    order[i] = i;
  uint64_t random = 88172645463325252u;
  for (long run = -1; run < runs; ++run) { // the first fills caches
    shuffle(order, count, &random);
    for (int k = 0; k < count; ++k) {
      long *programTimes = times + order[k] * runs;
      long *programFaults = faults + order[k] * runs;
      pauseShortly();
      long found, time = timeRun(programs[order[k]], null, &found);
      if (time < 0) {
        fprintf(stderr, "startup: %s failed\n", programs[order[k]]);
        return 1;
      }
      if (run >= 0) {
        programTimes[run] = time;
        programFaults[run] = found;
      }
    }
  }
  for (int i = 0; i < count; ++i) {
    long *programTimes = times + i * runs, *programFaults = faults + i * runs;
    qsort(programTimes, (size_t)runs, sizeof(long), compare);
    qsort(programFaults, (size_t)runs, sizeof(long), compare);
    printf("%.2f %.2f %.2f %ld %s\n", (double)programTimes[runs / 2] / 1e3,
           (double)programTimes[runs / 4] / 1e3, (double)programTimes[0] / 1e3,
           programFaults[runs / 2], programs[i]);
  }
}
