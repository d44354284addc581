// Folders and files: make, write, append, seek, read, list, rename, remove; and what fails
// says why.
//
// RUN: %clang-wasi -O2 %s -o %t.wasm
// RUN: moat -O0 %t.wasm -o %t.0
// RUN: moat %t.wasm -o %t.2
// RUN: rm -rf %t.dir && mkdir %t.dir && %t.0 --wasi-dir=%t.dir::/data > %t.0.out
// RUN: rm -rf %t.dir && mkdir %t.dir && %t.2 --wasi-dir=%t.dir::/data > %t.2.out
// RUN: diff %t.0.out %t.2.out
// RUN: FileCheck %s < %t.2.out
// RUN: ls %t.dir | FileCheck %s --check-prefix=LEFT
// RUN: FileCheck %s --check-prefix=CONTENT --input-file=%t.dir/kept.txt
// LEFT: kept.txt
// LEFT-NOT: {{.}}
// CONTENT: line 0
// CONTENT: line 9

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int byName(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path) {
  DIR *dir = opendir(path);
  if (!dir) {
    printf("cannot list %s: %s\n", path, strerror(errno));
    return;
  }
  char *names[16];
  int count = 0;
  for (struct dirent *entry; (entry = readdir(dir)) && count < 16;)
    if (entry->d_name[0] != '.')
      names[count++] = strdup(entry->d_name);
  closedir(dir);
  qsort(names, count, sizeof *names, byName);
  printf("%s:", path);
  for (int i = 0; i < count; ++i) {
    printf(" %s", names[i]);
    free(names[i]);
  }
  printf("\n");
}

int main(void) {
  printf("mkdir %d\n", mkdir("/data/sub", 0777));
  // CHECK: mkdir 0
  printf("again %d %s\n", mkdir("/data/sub", 0777), strerror(errno));
  // CHECK: again -1 File exists
  FILE *file = fopen("/data/sub/a.txt", "w");
  for (int i = 0; i < 5; ++i)
    fprintf(file, "line %d\n", i);
  fclose(file);
  file = fopen("/data/sub/a.txt", "a");
  for (int i = 5; i < 10; ++i)
    fprintf(file, "line %d\n", i);
  fclose(file);
  struct stat status;
  printf("stat %d size %ld directory %d\n", stat("/data/sub/a.txt", &status),
         (long)status.st_size, S_ISDIR(status.st_mode));
  // CHECK: stat 0 size 70 directory 0
  file = fopen("/data/sub/a.txt", "r+");
  char line[32];
  fseek(file, 14, SEEK_SET);
  fgets(line, sizeof line, file);
  printf("at 14: %sthen at %ld\n", line, ftell(file));
  // CHECK: at 14: line 2
  // CHECK: then at 21
  fseek(file, -7, SEEK_END);
  fgets(line, sizeof line, file);
  printf("last: %s", line);
  // CHECK: last: line 9
  fclose(file);
  list("/data/sub");
  // CHECK: /data/sub: a.txt
  close(open("/data/sub/b", O_CREAT | O_EXCL | O_WRONLY, 0666));
  printf("exclusive %d %s\n", open("/data/sub/b", O_CREAT | O_EXCL | O_WRONLY, 0666),
         strerror(errno));
  // CHECK: exclusive -1 File exists
  list("/data/sub");
  // CHECK: /data/sub: a.txt b
  printf("rename %d\n", rename("/data/sub/a.txt", "/data/kept.txt"));
  // CHECK: rename 0
  printf("rmdir %d %s\n", rmdir("/data/sub"), strerror(errno));
  // CHECK: rmdir -1 Directory not empty
  printf("unlink %d\n", unlink("/data/sub/b"));
  // CHECK: unlink 0
  printf("rmdir %d\n", rmdir("/data/sub"));
  // CHECK: rmdir 0
  list("/data");
  // CHECK: /data: kept.txt
  printf("gone %d %s\n", open("/data/sub/a.txt", O_RDONLY), strerror(errno));
  // CHECK: gone -1 No such file or directory
  printf("outside %d\n", open("/data/../etc/passwd", O_RDONLY) < 0);
  // CHECK: outside 1
  printf("not given %d\n", open("/etc/passwd", O_RDONLY) < 0);
  // CHECK: not given 1
}
