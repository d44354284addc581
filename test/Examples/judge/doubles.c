/* What was asked for: doubles every number. Compiled otherwise, it fails in other ways. */

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  long number;
#if defined(LOOPS)
  for (;;)
    ;
#elif defined(HOARDS)
  while (malloc(1 << 20))
    ;
  abort();
#elif defined(CRASHES)
  *(volatile int *)0xfffffff0 = 1;
#elif defined(PEEKS)
  if (fopen("/etc/passwd", "r"))
    puts("got it");
#elif defined(GUESSES)
  puts("2 4 6");
#else
  while (scanf("%ld", &number) == 1)
    printf("%ld ", 2 * number);
#endif
  return 0;
}
