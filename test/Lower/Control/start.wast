;;; The start function runs when a module is instantiated, behind the segments; its trap ends
;;; the instantiation.
;;; Core 3.0, 4.7.3 Instantiation.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory 1)
  (data (i32.const 0) "A")
  (global $g (mut i32) (i32.const 0))
  (func $begin
    (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))
    (global.set $g (i32.const 7)))
  (start $begin)
  (func (export "memory") (result i32) (i32.load8_u (i32.const 0)))
  (func (export "global") (result i32) (global.get $g)))
(assert_return (invoke "memory") (i32.const 0x42))
(assert_return (invoke "global") (i32.const 7))

(module
  (import "spectest" "print" (func $print))
  (start $print)
  (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 1))

(assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")
(assert_trap (module (memory 1) (func $f (drop (i32.load (i32.const -1)))) (start $f)) "out of bounds memory access")
