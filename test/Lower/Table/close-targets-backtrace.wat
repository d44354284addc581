;;; The functions that trap in place of one of another type leave no frame: the backtrace begins
;;; with the caller (runtime/Arch).
;; RUN: wat2wasm --debug-names %s -o %t.wasm
;; RUN: moat %t.wasm -O0 -o %t
;; RUN: not %t 2>&1 | FileCheck %s
(module
  (type $f (func (param i32) (result i32)))
  (type $g (func))
  (table 8 funcref)
  (elem (i32.const 1) func $a $other)
  (elem (i32.const 4) func $b)
  (func $a (type $f) (local.get 0))
  (func $b (type $f) (i32.add (local.get 0) (local.get 0)))
  (func $other (type $g))
  (func $caller (param i32) (result i32)
    (call_indirect (type $f) (i32.const 1) (local.get 0)))
  (func $start (export "_start")
    (drop (call $caller (i32.const 4)))
    (drop (call $caller (i32.const 2)))))
;; CHECK: moat: trap: indirect call type mismatch
;; CHECK-NEXT: at caller (function 3)
;; CHECK-NEXT: at start (function 4)
