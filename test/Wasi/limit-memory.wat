;;; The limit on memory is for all memories of a program together: growing past it gives -1, and a
;;; program that begins with more does not start.
;; RUN: moat %s -o %t
;; RUN: %t --wasi-max-memory=256KiB
;; RUN: sh -c "%t; echo code $?" 2>&1 | FileCheck %s --check-prefix=MORE
;; RUN: sh -c "%t --wasi-max-memory=127K; echo code $?" 2>&1 | FileCheck %s --check-prefix=LESS
;; MORE: trap: unreachable
;; LESS: moat: error: the module's memory is larger than the limit that the program was given (max-memory)
;; LESS-NEXT: code 125

(module
  (memory $a 1)
  (memory $b 1)
  (func $expect (param i32 i32)
    (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
  (func (export "_start")
    (call $expect (memory.grow $a (i32.const 1)) (i32.const 1))
    (call $expect (memory.grow $b (i32.const 2)) (i32.const -1))
    (call $expect (memory.grow $b (i32.const 1)) (i32.const 1))
    (call $expect (memory.grow $a (i32.const 1)) (i32.const -1))))
