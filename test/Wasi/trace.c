// Tracing prints a line for each call when it is over: arguments by name, texts quoted, the errno,
// and what was missing when something was refused. It goes to the host's standard error, whatever
// the guest does with its own, and stops nothing.
//
// RUN: %clang-wasi -O1 -Wno-unused-result -I%S/Inputs %s -o %t.wasm && moat -O1 %t.wasm -o %t
// RUN: rm -rf %t.dir && mkdir %t.dir && echo text > %t.dir/file
// RUN: sh -c "%t --wasi-dir=%t.dir::/d:ro --wasi-trace; echo code $?" 2>&1 | FileCheck %s
// RUN: moat -O1 %t.wasm -o %t-sealed --dir=%t.dir::/d --stderr=null
// RUN: sh -c "MOAT_WASI=trace,ro=/d %t-sealed; echo code $?" 2>&1 | FileCheck %s
//
// A program that was given no directory.
// RUN: sh -c "MOAT_WASI=trace %t; true" 2>&1 | FileCheck %s --check-prefix=NOTHING
// NOTHING: fd_prestat_get(3, {{.*}}) = badf: the program was given no directory{{$}}
// NOTHING: path_open(3, {{.*}}) = badf: there is no descriptor 3
//
// Without tracing there is nothing to see.
// RUN: sh -c "%t --wasi-dir=%t.dir::/d:ro; true" 2>&1 | FileCheck %s --check-prefix=QUIET --allow-empty
// QUIET-NOT: wasi:

#include "wasi-test.h"

int main(void) {
  __wasi_fd_t fd;
  __wasi_size_t size;
  __wasi_timestamp_t time;
  char buffer[9] = "";
  __wasi_iovec_t iovec = {(uint8_t *)buffer, 3};
  __wasi_ciovec_t ciovecs[] = {{(const uint8_t *)"a\t\"b\"\n", 6}, {(const uint8_t *)"", 0}};
  // CHECK: wasi: fd_prestat_get(3 </d>, 0x{{[0-9a-f]+}}) = success
  // CHECK-NEXT: wasi: fd_prestat_dir_name(3 </d>, "/d") = success
  // CHECK-NEXT: wasi: fd_prestat_get(4, 0x{{[0-9a-f]+}}) = badf: the program was given no further directory
  __wasi_prestat_t prestat;
  __wasi_fd_prestat_get(3, &prestat);
  __wasi_fd_prestat_dir_name(3, (uint8_t *)buffer, 2);
  __wasi_fd_prestat_get(4, &prestat);
  // CHECK-NEXT: wasi: path_open(3 </d>, symlink_follow, "file", 0, fd_read, 0, append|sync, -> 4) = success
  __wasi_path_open(3, FOLLOW, "file", 0, __WASI_RIGHTS_FD_READ, 0,
                   __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC, &fd);
  // CHECK-NEXT: wasi: fd_read(4, [3], -> 3) = success
  __wasi_fd_read(fd, &iovec, 1, &size);
  // CHECK-NEXT: wasi: fd_write(4, ["a\x09\"b\"\n", ""], -) = notcapable: descriptor 4 lacks fd_write, as its directory may only be read
  __wasi_fd_write(fd, ciovecs, 2, &size);
  // CHECK-NEXT: wasi: fd_seek(4, -1, end, -) = notcapable: descriptor 4 lacks fd_seek{{$}}
  __wasi_filesize_t position;
  __wasi_fd_seek(fd, -1, __WASI_WHENCE_END, &position);
  // CHECK-NEXT: wasi: path_open(3 </d>, 0, "new", creat|excl, all, ~[fd_write], 0, -) = notcapable: descriptor 3 lacks path_create_file, as its directory may only be read
  __wasi_path_open(3, 0, "new", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, ALL_RIGHTS,
                   ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE, 0, &fd);
  // CHECK-NEXT: wasi: path_open(3 </d>, 0, "file", 0, fd_write, 0, 0, -) = notcapable: descriptor 3 lacks fd_write, as its directory may only be read
  __wasi_path_open(3, 0, "file", 0, __WASI_RIGHTS_FD_WRITE, 0, 0, &fd);
  // CHECK-NEXT: wasi: path_open(3 </d>, 0, "../x", 0, 0, 0, 0, -) = perm: outside of what descriptor 3 gives, or forbidden by the host
  __wasi_path_open(3, 0, "../x", 0, 0, 0, 0, &fd);
  // CHECK-NEXT: wasi: path_create_directory(77, "x") = badf: there is no descriptor 77
  __wasi_path_create_directory(77, "x");
  // CHECK-NEXT: wasi: clock_time_get(monotonic, 1, -> {{[0-9]+}}) = success
  __wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time);
  // CHECK-NEXT: wasi: clock_time_get(77, 1, -) = inval
  __wasi_clock_time_get(77, 1, &time);
  // Out of bounds is shown as an address.
  // CHECK-NEXT: wasi: fd_write(1, [?], -) = fault
  __wasi_fd_write(1, (void *)0xfffffff0, 1, &size);
  // CHECK-NEXT: wasi: fd_close(2) = success
  __wasi_fd_close(2);
  // CHECK-NEXT: wasi: proc_exit(7)
  // CHECK-NEXT: code 7
  __wasi_proc_exit(7);
}
