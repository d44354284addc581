;;; A module without a memory gets fault wherever an address is taken, and nothing else.
;; RUN: wat2wasm %s -o %t.wasm && moat %t.wasm -o %t && %t < /dev/null
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func $check (param $errno i32) (param $wanted i32)
    (if (i32.ne (local.get $errno) (local.get $wanted))
      (then (call $proc_exit (i32.add (local.get $errno) (i32.const 1))))))
  (func (export "_start")
    (call $check (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 21))
    (call $check (call $random_get (i32.const 0) (i32.const 0)) (i32.const 21))
    (call $check (call $sched_yield) (i32.const 0))))
