;;; With --strict-traps, globals are after a trap as the instructions before it left them.
;;; Core 3.0, 4.6.8 Memory Instructions.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 --strict-traps %t.json
(module
  (memory 1)
  (global $g (mut i32) (i32.const 0))
  (func (export "load") (param i32)
    (global.set $g (i32.const 1))
    (drop (i32.load (local.get 0)))
    (global.set $g (i32.const 2)))
  (func (export "divide") (param i32)
    (global.set $g (i32.const 3))
    (drop (i32.div_u (i32.const 1) (local.get 0)))
    (global.set $g (i32.const 4)))
  (func (export "store") (param i32)
    (global.set $g (i32.const 5))
    (i32.store (local.get 0) (i32.const 1))
    (global.set $g (i32.const 6)))
  (func (export "loop") (param i32)
    (global.set $g (i32.const 0))
    (loop
      (global.set $g (i32.add (global.get $g) (i32.const 1)))
      (i32.store (local.get 0) (i32.const 1))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br 0)))
  (func (export "global") (result i32) (global.get $g)))

(assert_trap (invoke "load" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "global") (i32.const 1))
(assert_trap (invoke "divide" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "global") (i32.const 3))
(assert_trap (invoke "store" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "global") (i32.const 5))
(assert_trap (invoke "loop" (i32.const 65520)) "out of bounds memory access")
(assert_return (invoke "global") (i32.const 5))
