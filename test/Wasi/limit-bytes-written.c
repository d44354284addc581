// The limit on bytes written is one for files, streams and allocations together. The write that
// passes it is cut short, and says so; what follows is dquot and changes nothing. A call that
// failed for another reason costs nothing. Nothing can be printed then: the exit code says which
// step was wrong.
//
// RUN: %clang-wasi -O1 -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir
// RUN: %t --wasi-dir=%t.dir::/ --wasi-max-bytes-written=4KiB
// RUN: wc -c %t.dir/file | FileCheck %s
// CHECK: {{^}}2796

#include "wasi-test.h"

#define EXPECT(step, condition)                                                                  \
  if (!(condition))                                                                              \
  return step

int main(void) {
  static uint8_t bytes[2000];
  __wasi_ciovec_t one[] = {{bytes, 600}}, two[] = {{bytes, 300}, {bytes, 2000}};
  __wasi_size_t size;
  int file = openAt(ROOT, "file", __WASI_OFLAGS_CREAT, ALL_RIGHTS);
  EXPECT(1, __wasi_fd_write(file, one, 1, &size) == 0 && size == 600);
  EXPECT(2, __wasi_fd_write(77, two, 2, &size) == __WASI_ERRNO_BADF);
  EXPECT(3, __wasi_fd_allocate(file, 0, 5000) == __WASI_ERRNO_DQUOT);
  EXPECT(4, __wasi_fd_allocate(file, 0, 1000) == 0);
  EXPECT(5, __wasi_fd_pwrite(file, one, 1, 2, &size) == 0 && size == 600);
  // 1,896 bytes are left.
  EXPECT(6, __wasi_fd_pwrite(file, two, 2, 900, &size) == 0 && size == 1896);
  EXPECT(7, __wasi_fd_pwrite(file, two, 2, 0, &size) == __WASI_ERRNO_DQUOT);
  EXPECT(8, __wasi_fd_write(1, one, 1, &size) == __WASI_ERRNO_DQUOT);
  EXPECT(9, __wasi_fd_write(file, one, 0, &size) == 0 && size == 0);
  return 0;
}
