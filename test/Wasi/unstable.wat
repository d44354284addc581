;;; wasi_unstable has its own whence (0 current, 1 end, 2 set), filestat (56 bytes: nlink at
;;; 20, size at 24) and subscription (56 bytes: clock id at 24).
;;; WASI preview 0, fd_seek, filestat, subscription.
;; RUN: wat2wasm %s -o %t.wasm && moat %t.wasm -o %t
;; RUN: rm -rf %t.dir && mkdir %t.dir
;; RUN: %t --wasi-dir=%t.dir::/
(module
  (import "wasi_unstable" "path_open" (func $path_open
    (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_unstable" "path_filestat_get" (func $path_filestat_get
    (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "file")
  (data (i32.const 16) "\00\00\00\00\04\00\00\00")
  (func $equal (param $which i32) (param $got i64) (param $wanted i64)
    (if (i64.ne (local.get $got) (local.get $wanted))
      (then (call $proc_exit (local.get $which)))))
  (func $ok (param $which i32) (param $errno i32)
    (call $equal (local.get $which) (i64.extend_i32_u (local.get $errno)) (i64.const 0)))
  (func (export "_start")
    (local $fd i32)
    (call $ok (i32.const 1) (call $path_open (i32.const 3) (i32.const 0) (i32.const 0)
      (i32.const 4) (i32.const 1) (i64.const -1) (i64.const 0) (i32.const 0) (i32.const 8)))
    (local.set $fd (i32.load (i32.const 8)))
    (call $ok (i32.const 2) (call $fd_write (local.get $fd) (i32.const 16) (i32.const 1)
      (i32.const 24)))
    ;; From the start, then from here, then from the end.
    (call $ok (i32.const 3) (call $fd_seek (local.get $fd) (i64.const 1) (i32.const 2) (i32.const 24)))
    (call $equal (i32.const 4) (i64.load (i32.const 24)) (i64.const 1))
    (call $ok (i32.const 5) (call $fd_seek (local.get $fd) (i64.const 2) (i32.const 0) (i32.const 24)))
    (call $equal (i32.const 6) (i64.load (i32.const 24)) (i64.const 3))
    (call $ok (i32.const 7) (call $fd_seek (local.get $fd) (i64.const 5) (i32.const 1) (i32.const 24)))
    (call $equal (i32.const 8) (i64.load (i32.const 24)) (i64.const 9))
    (call $equal (i32.const 9)
      (i64.extend_i32_u (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 3) (i32.const 24)))
      (i64.const 28))
    ;; 56 bytes and no more.
    (i64.store (i32.const 120) (i64.const 0x5555))
    (call $ok (i32.const 10) (call $fd_filestat_get (local.get $fd) (i32.const 64)))
    (call $equal (i32.const 11) (i64.load8_u (i32.const 80)) (i64.const 4))
    (call $equal (i32.const 12) (i64.load32_u (i32.const 84)) (i64.const 1))
    (call $equal (i32.const 13) (i64.load (i32.const 88)) (i64.const 4))
    (call $equal (i32.const 14) (i64.load (i32.const 120)) (i64.const 0x5555))
    (call $ok (i32.const 15) (call $path_filestat_get (i32.const 3) (i32.const 0) (i32.const 0)
      (i32.const 4) (i32.const 128)))
    (call $equal (i32.const 16) (i64.load (i32.const 152)) (i64.const 4))
    (call $equal (i32.const 17) (i64.load (i32.const 136)) (i64.load (i32.const 72)))
    ;; Two clocks, the second of which is first: monotonic, 1 ms.
    (i64.store (i32.const 256) (i64.const 7))
    (i64.store (i32.const 288) (i64.const 60000000000))
    (i32.store (i32.const 280) (i32.const 1))
    (i64.store (i32.const 312) (i64.const 8))
    (i64.store (i32.const 344) (i64.const 1000000))
    (i32.store (i32.const 336) (i32.const 1))
    (call $ok (i32.const 18) (call $poll_oneoff (i32.const 256) (i32.const 512) (i32.const 2)
      (i32.const 24)))
    (call $equal (i32.const 19) (i64.load32_u (i32.const 24)) (i64.const 1))
    (call $equal (i32.const 20) (i64.load (i32.const 512)) (i64.const 8))))
