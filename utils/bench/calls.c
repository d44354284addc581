// What a call of an addition costs in the ways that a host has. `calls WAY COUNT` prints
// nanoseconds of CPU time for each call; the ways are in the table below.

#define _GNU_SOURCE
#include "calls.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static calls *instance, *other; ///< of two stores
static moat_extern add;
static uint32_t count, sum;

/// What a call through a pointer is compared with.
__attribute__((noinline)) static uint32_t addInC(calls *unused, uint32_t a, uint32_t b) {
  (void)unused;
  return a + b;
}
static uint32_t (*volatile pointer)(calls *, uint32_t, uint32_t) = addInC;

/// The same of the function that calls through a table.
static uint32_t addAgainInC(calls *unused, uint32_t a, uint32_t b) { return 1 + pointer(unused, a, b); }
static uint32_t (*volatile again)(calls *, uint32_t, uint32_t) = addAgainInC;

#define CALL_OFTEN(name, call)                                                                     \
  static void name(void *unused) {                                                                 \
    (void)unused;                                                                                  \
    for (uint32_t i = 0; i < count; ++i)                                                           \
      sum = call(instance, sum, i);                                                                \
  }
CALL_OFTEN(throughPointer, pointer)
CALL_OFTEN(throughPointers, again)
CALL_OFTEN(callAdd, calls_add)
CALL_OFTEN(callHeld, calls_held)
CALL_OFTEN(callLoad, calls_load)
CALL_OFTEN(callThrough, calls_through)

static void inside(void *unused) {
  (void)unused;
  moat_protect(calls__instance(instance), callAdd, NULL, NULL);
}

static void heldInside(void *unused) {
  (void)unused;
  moat_protect(calls__instance(instance), callHeld, NULL, NULL);
}

static void loadInside(void *unused) {
  (void)unused;
  moat_protect(calls__instance(instance), callLoad, NULL, NULL);
}

static void throughInside(void *unused) {
  (void)unused;
  moat_protect(calls__instance(instance), callThrough, NULL, NULL);
}

/// Outside of the instance that is called, but in a call of another store.
static void nested(void *unused) {
  (void)unused;
  moat_protect(calls__instance(other), callThrough, NULL, NULL);
}

static void try(void *unused) {
  (void)unused;
  for (uint32_t i = 0; i < count; ++i)
    calls_add__try(instance, sum, i, &sum, NULL);
}

static void byValues(void *unused) {
  (void)unused;
  for (uint32_t i = 0; i < count; ++i) {
    moat_value values[2];
    values[0].i32 = sum;
    values[1].i32 = i;
    moat_call(add, values, NULL);
    sum = values[0].i32;
  }
}

static const struct {
  const char *name;
  void (*run)(void *);
} ways[] = {
    {"pointer", throughPointer},
    {"pointers", throughPointers},
    {"inside", inside},
    {"held-inside", heldInside},
    {"load-inside", loadInside},
    {"through-inside", throughInside},
    {"outside", callAdd},
    {"held-outside", callHeld},
    {"load-outside", callLoad},
    {"through-outside", callThrough},
    {"nested", nested},
    {"try", try},
    {"moat_call", byValues},
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv) {
  moat_store *store = moat_create_store(NULL), *otherStore = moat_create_store(NULL);
  instance = calls__create(store, NULL, NULL);
  other = calls__create(otherStore, NULL, NULL);
  if (argc != 3 || !instance || !other)
    return 2;
  add = moat_find_export(calls__instance(instance), "add");
  count = (uint32_t)atoi(argv[2]);
  for (size_t i = 0; i < sizeof ways / sizeof *ways; ++i) {
    if (strcmp(argv[1], ways[i].name))
      continue;
    double begin = now();
    ways[i].run(NULL);
    printf("%.4f\n", (now() - begin) / count);
    fprintf(stderr, "%u\n", sum);
    moat_destroy_store(store);
    moat_destroy_store(otherStore);
    return 0;
  }
  return 2;
}
