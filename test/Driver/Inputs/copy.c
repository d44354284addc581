// Prints its input behind `copied: `, and a line of errors.
#include <stdio.h>

int main(void) {
  char line[100];
  while (fgets(line, sizeof(line), stdin))
    printf("copied: %s", line);
  fputs("error: done\n", stderr);
}
