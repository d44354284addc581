// fd_readdir gives `.`, `..` and all entries; resumes at the cookie of any entry; cuts off
// the last one at the buffer's end; a buffer that is not filled means the end.
// WASI preview 1, fd_readdir.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir && %t --wasi-dir=%t.dir::/ | FileCheck %s

#include "wasi-test.h"

enum { fileCount = 300 };

int main(void) {
  char name[32];
  for (int i = 0; i < fileCount; ++i) {
    sprintf(name, "file-with-a-long-name-%03d", i);
    writeFile(name, "");
  }
  static uint8_t all[65536];
  __wasi_size_t size;
  must("readdir", __wasi_fd_readdir(ROOT, all, sizeof(all), 0, &size));
  // CHECK: ends: 1
  printf("ends: %d\n", size < sizeof(all));

  int entries = 0, dots = 0, resumed = 0, cut = 0;
  for (__wasi_size_t at = 0; at < size;) {
    __wasi_dirent_t entry;
    memcpy(&entry, all + at, sizeof(entry));
    const char *entryName = (const char *)all + at + sizeof(entry);
    dots += entry.d_namlen <= 2 && entryName[0] == '.' && entry.d_type == 3;
    ++entries;
    at += sizeof(entry) + entry.d_namlen;
    // From here on the rest is the same.
    static uint8_t rest[65536];
    __wasi_size_t restSize;
    must("resume", __wasi_fd_readdir(ROOT, rest, sizeof(rest), entry.d_next, &restSize));
    resumed += restSize == size - at && memcmp(rest, all + at, restSize) == 0;
    // A buffer that ends within the next entry is filled with its beginning.
    __wasi_size_t cutSize = entries % 40;
    must("cut", __wasi_fd_readdir(ROOT, rest, cutSize, entry.d_next, &restSize));
    cut += restSize == (cutSize < size - at ? cutSize : size - at) &&
           memcmp(rest, all + at, restSize) == 0;
  }
  // CHECK-NEXT: entries 302, dots 2, resumed 302, cut 302
  printf("entries %d, dots %d, resumed %d, cut %d\n", entries, dots, resumed, cut);
  // CHECK-NEXT: of a file: notdir
  int fd = openAt(ROOT, "file-with-a-long-name-000", 0, __WASI_RIGHTS_FD_READ);
  show("of a file", __wasi_fd_readdir(fd, all, 100, 0, &size));
}
