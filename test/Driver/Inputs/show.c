// Prints its arguments, and what it finds in /d.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; ++i)
    printf("argument %s\n", argv[i]);
  FILE *file = fopen("/d/file", "r");
  char line[64] = "";
  printf("file %s", file && fgets(line, sizeof line, file) ? line : "none\n");
  file = fopen("/d/new", "w");
  printf("new %s\n", file ? "written" : "refused");
  printf("variable %s\n", getenv("KEY") ? getenv("KEY") : "none");
}
