/* A plugin that misbehaves in as many ways as it is asked to. */

__attribute__((import_module("host"), import_name("say"))) void say(const char *text, int size);

static int descend(volatile int *above) {
  volatile int here[64] = {*above};
  return descend((volatile int *)here) + here[63];
}

__attribute__((export_name("work"))) int work(int how) {
  static char one;
  switch (how) {
  case 0:
    say("hello", 5);
    return 42;
  case 1: /* write where there is no memory */
    for (char *at = &one;; at += 4096)
      *at = 1;
  case 2: /* never come back */
    for (;;)
      __asm__ volatile("");
  case 3: { /* take all memory; the host's limit makes this fail */
    int pages = 0;
    while (__builtin_wasm_memory_grow(0, 16) != -1)
      pages += 16;
    return pages;
  }
  case 4: { /* take all stack */
    volatile int start = 0;
    return descend(&start);
  }
  case 5: /* hand the host an address of nowhere */
    say((const char *)0xfffffff0, 0x7fffffff);
    return 0;
  }
  __builtin_trap();
}
