;;; What was written before a trap stays, and nothing behind it is written.
;;; Core 3.0, 4.6.8 Memory Instructions.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (memory 1)
  (func (export "store-then-trap") (param i32)
    (i32.store (i32.const 0) (i32.const 1))
    (drop (i32.load (local.get 0)))
    (i32.store (i32.const 4) (i32.const 1)))
  (func (export "store-then-divide") (param i32)
    (i32.store (i32.const 8) (i32.const 1))
    (drop (i32.div_u (i32.const 1) (local.get 0)))
    (i32.store (i32.const 12) (i32.const 1)))
  (func (export "store-then-unreachable")
    (i32.store (i32.const 16) (i32.const 1))
    (unreachable))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
(assert_trap (invoke "store-then-trap" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 0)) (i32.const 1))
(assert_return (invoke "load" (i32.const 4)) (i32.const 0))
(assert_trap (invoke "store-then-divide" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "load" (i32.const 8)) (i32.const 1))
(assert_return (invoke "load" (i32.const 12)) (i32.const 0))
(assert_trap (invoke "store-then-unreachable") "unreachable")
(assert_return (invoke "load" (i32.const 16)) (i32.const 1))
