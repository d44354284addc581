/* Counts the words of the files in /texts that are named. */

#include <ctype.h>
#include <stdio.h>

int main(int argc, char **argv) {
  int status = 0;
  for (int i = 1; i < argc; ++i) {
    char path[1000];
    snprintf(path, sizeof path, "/texts/%s", argv[i]);
    FILE *file = fopen(path, "r");
    if (!file) {
      perror(argv[i]);
      status = 1;
      continue;
    }
    unsigned words = 0;
    int wasSpace = 1;
    for (int c; (c = getc(file)) != EOF; wasSpace = isspace(c))
      words += wasSpace && !isspace(c);
    fclose(file);
    printf("%u %s\n", words, argv[i]);
  }
  return status;
}
