// What the tests of wasi-threads share: no packaged libc has a target with threads. A thread
// begins in thread_main(tid, argument) on a stack of its own in the memory.
//
//   clang --target=wasm32 -matomics -mbulk-memory -nostdlib … -Wl,--shared-memory

#include <stdatomic.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define WASI(name) IMPORT("wasi_snapshot_preview1", #name) int name

IMPORT("wasi", "thread-spawn") int thread_spawn(void *argument);
WASI(fd_write)(int fd, const void *iovs, int count, uint32_t *size);
WASI(fd_read)(int fd, const void *iovs, int count, uint32_t *size);
WASI(fd_close)(int fd);
WASI(sched_yield)(void);
IMPORT("wasi_snapshot_preview1", "proc_exit") _Noreturn void proc_exit(int code);

struct iovec {
  const void *base;
  uint32_t size;
};

static void print(const char *text) {
  struct iovec iov = {text, 0};
  while (text[iov.size])
    ++iov.size;
  uint32_t size;
  fd_write(1, &iov, 1, &size);
}

/// `name: number`, a line.
static void print_number(const char *name, long long number) {
  char line[100];
  int at = 0;
  for (; name[at]; ++at)
    line[at] = name[at];
  line[at++] = ':';
  line[at++] = ' ';
  if (number < 0)
    line[at++] = '-', number = -number;
  char digits[24];
  int count = 0;
  do
    digits[count++] = '0' + number % 10;
  while (number /= 10);
  while (count)
    line[at++] = digits[--count];
  line[at++] = '\n';
  line[at] = 0;
  print(line);
}

// Waiting.

static int wait_while(_Atomic int *word, int value, long long timeout_ns) {
  return __builtin_wasm_memory_atomic_wait32((int *)word, value, timeout_ns);
}
static int notify(_Atomic int *word, unsigned count) {
  return __builtin_wasm_memory_atomic_notify((int *)word, count);
}

typedef _Atomic int mutex;
static void lock(mutex *m) {
  int free = 0;
  if (atomic_compare_exchange_strong(m, &free, 1))
    return;
  while (atomic_exchange(m, 2))
    wait_while(m, 2, -1);
}
static void unlock(mutex *m) {
  if (atomic_exchange(m, 0) == 2)
    notify(m, 1);
}

/// A condition is a number that signals change.
typedef _Atomic int condition;
static void await(condition *c, mutex *m) {
  int now = *c;
  unlock(m);
  wait_while(c, now, -1);
  lock(m);
}
static void signal_all(condition *c) {
  ++*c;
  notify(c, -1);
}

// Threads.

struct thread {
  char *stack_top; ///< first: wasi_thread_start loads it
  void (*run)(struct thread *);
  int tid, number;
  _Atomic int is_done;
  char stack[8 << 10];
};

void thread_main(int tid, struct thread *thread) {
  thread->tid = tid;
  thread->run(thread);
  thread->is_done = 1;
  notify(&thread->is_done, -1);
}

__asm__(".globaltype __stack_pointer, i32\n"
        ".functype thread_main (i32, i32) -> ()\n"
        ".globl wasi_thread_start\n"
        ".export_name wasi_thread_start, wasi_thread_start\n"
        ".section .text.wasi_thread_start,\"\",@\n"
        ".type wasi_thread_start,@function\n"
        "wasi_thread_start:\n"
        ".functype wasi_thread_start (i32, i32) -> ()\n"
        "local.get 1\n"
        "i32.load 0\n"
        "global.set __stack_pointer\n"
        "local.get 0\n"
        "local.get 1\n"
        "call thread_main\n"
        "end_function\n"
        ".no_dead_strip wasi_thread_start\n");

static int start(struct thread *thread, void (*run)(struct thread *), int number) {
  thread->stack_top = thread->stack + sizeof(thread->stack);
  thread->run = run;
  thread->number = number;
  thread->is_done = 0;
  return thread_spawn(thread);
}

static void join(struct thread *thread) {
  while (!thread->is_done)
    wait_while(&thread->is_done, 0, -1);
}
