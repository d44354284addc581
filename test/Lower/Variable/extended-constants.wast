;;; Constant expressions may add, subtract and multiply integers, in globals and in the
;;; offsets of segments; they wrap.
;;; Core 3.0, 3.3.10 Constant Expressions.
;; RUN: wast2json --enable-extended-const %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 %t.json
(module
  (import "spectest" "global_i32" (global $i i32))
  (import "spectest" "global_i64" (global $l i64))
  (global $sum i32 (i32.add (global.get $i) (i32.const -600)))
  (global $nested i64 (i64.mul (i64.sub (global.get $l) (i64.const 600)) (i64.const 3)))
  (global $wraps i32 (i32.mul (i32.const 0x10000) (i32.const 0x10000)))
  (global $minus i32 (i32.sub (i32.const 0) (i32.const 1)))
  (memory 1)
  (data (i32.add (global.get $i) (i32.const 4)) "x")
  (table 10 funcref)
  (elem (offset (i32.sub (global.get $i) (i32.const 664))) func $f)
  (func $f (result i32) (i32.const 5))
  (func (export "globals") (result i32 i64 i32 i32)
    (global.get $sum) (global.get $nested) (global.get $wraps) (global.get $minus))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))

(assert_return (invoke "globals") (i32.const 66) (i64.const 198) (i32.const 0) (i32.const -1))
(assert_return (invoke "load" (i32.const 670)) (i32.const 0x78))
(assert_return (invoke "call" (i32.const 2)) (i32.const 5))
(assert_trap (invoke "call" (i32.const 1)) "uninitialized element")
