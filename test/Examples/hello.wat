;;; The smallest program that says something: one WASI function, one page of memory.
;; RUN: moat %s -o %t && %t | FileCheck %s
;; CHECK: Hello from WebAssembly

(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "\10\00\00\00\17\00\00\00" "Hello from WebAssembly\n")
  (func (export "_start")
    ;; standard output, one piece (address and size are at 8), the count goes to 0
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))
