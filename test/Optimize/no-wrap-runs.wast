;;; Addresses formed from their neighbours' read and trap as they are written: over the memory's
;;; end, below its begin, with offsets; and what was loaded from an address says nothing about the
;;; number itself (compiler/Optimize/NoWrap.cpp).
;;; Core 3.0, 4.6.8 Memory Instructions.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t.json
;; RUN: moat-spec --model=both -O2 --strict-traps %t.json
;; RUN: moat-spec --model=both -O2 --bounds=checked %t.json
(module
  (memory 1)
  (data (i32.const 0) "\00\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f")
  (data (i32.const 65520) "\f0\f1\f2\f3\f4\f5\f6\f7\f8\f9\fa\fb\fc\fd\fe\ff")
  (type $i (func (result i32)))
  (func $zero (result i32) (i32.const 100))
  (func $one (result i32) (i32.const 101))
  (table $t 2 2 funcref)
  (elem (table $t) (i32.const 0) func $zero $one)

  ;; Each keeps what it loads, so no load vanishes with its trap.
  (func (export "above") (param i32) (result i32)
    (i32.add (i32.shl (i32.load8_u (local.get 0)) (i32.const 8))
             (i32.load8_u (i32.add (local.get 0) (i32.const 8)))))
  (func (export "far-above") (param i32) (result i32)
    (i32.add (i32.shl (i32.load8_u (local.get 0)) (i32.const 8))
             (i32.load8_u (i32.add (local.get 0) (i32.const 65535)))))
  (func (export "below") (param i32) (result i32)
    (i32.add (i32.shl (i32.load8_u (local.get 0)) (i32.const 8))
             (i32.load8_u (i32.sub (local.get 0) (i32.const 8)))))
  (func (export "wide-below") (param i32) (result i64)
    (i64.add (i64.load8_u (local.get 0))
             (i64.load (i32.sub (local.get 0) (i32.const 8)))))
  (func (export "below-with-offset") (param i32) (result i32)
    (i32.add (i32.shl (i32.load8_u (local.get 0)) (i32.const 8))
             (i32.load8_u offset=12 (i32.sub (local.get 0) (i32.const 8)))))
  (func (export "store-below") (param i32)
    (i32.store8 (local.get 0) (i32.const 0x55))
    (i64.store (i32.sub (local.get 0) (i32.const 4)) (i64.const -1)))
  (func (export "upper-below") (param i32) (result i32)
    (i32.add (i32.load8_u (local.get 0))
      (i32.wrap_i64 (i64.shr_u (i64.load (i32.sub (local.get 0) (i32.const 4))) (i64.const 32)))))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))

  ;; Three below each other: all are formed from the first.
  (func (export "chain") (param i32) (result i32)
    (i32.add (i32.load8_u (i32.add (local.get 0) (i32.const 2)))
      (i32.add (i32.load8_u (i32.add (local.get 0) (i32.const 1)))
               (i32.load8_u (local.get 0)))))

  ;; The first load is dead once its neighbour is formed from it, and the table's check survives.
  (func (export "call") (param i32) (result i32)
    (i32.store (i32.const 0) (i32.and (i32.load (local.get 0)) (i32.const 0)))
    (i32.store (i32.add (local.get 0) (i32.const 4)) (i32.const 7))
    (call_indirect $t (type $i) (i32.add (local.get 0) (i32.const 1)))))

(assert_return (invoke "above" (i32.const 0)) (i32.const 0x0008))
(assert_return (invoke "above" (i32.const 65520)) (i32.const 0xf0f8))
(assert_trap (invoke "above" (i32.const 65528)) "out of bounds memory access")
(assert_trap (invoke "above" (i32.const -8)) "out of bounds memory access")
(assert_trap (invoke "above" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "above" (i32.const 0x7fffffff)) "out of bounds memory access")
(assert_return (invoke "far-above" (i32.const 0)) (i32.const 0x00ff))
(assert_return (invoke "upper-below" (i32.const 4)) (i32.const 0x07060508))
(assert_trap (invoke "upper-below" (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "far-above" (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "far-above" (i32.const -65535)) "out of bounds memory access")
(assert_return (invoke "below" (i32.const 8)) (i32.const 0x0800))
(assert_return (invoke "below" (i32.const 65535)) (i32.const 0xfff7))
(assert_trap (invoke "below" (i32.const 7)) "out of bounds memory access")
(assert_trap (invoke "below" (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "below" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "wide-below" (i32.const 8)) (i64.const 0x0706050403020108))
(assert_trap (invoke "wide-below" (i32.const 7)) "out of bounds memory access")
(assert_trap (invoke "wide-below" (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "below-with-offset" (i32.const 8)) (i32.const 0x080c))
(assert_trap (invoke "below-with-offset" (i32.const 4)) "out of bounds memory access")
(assert_trap (invoke "below-with-offset" (i32.const 7)) "out of bounds memory access")
(assert_trap (invoke "store-below" (i32.const 2)) "out of bounds memory access")
;; Nothing of the store that began below the memory is in it.
(assert_return (invoke "byte" (i32.const 0)) (i32.const 0))
(assert_return (invoke "byte" (i32.const 1)) (i32.const 1))
(assert_return (invoke "byte" (i32.const 3)) (i32.const 3))
(assert_return (invoke "chain" (i32.const 4)) (i32.const 15))
(assert_return (invoke "chain" (i32.const 65533)) (i32.const 0x2fa))
(assert_trap (invoke "chain" (i32.const 65534)) "out of bounds memory access")
(assert_trap (invoke "chain" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "chain" (i32.const -2)) "out of bounds memory access")
(assert_return (invoke "call" (i32.const 0)) (i32.const 101))
(assert_trap (invoke "call" (i32.const 1)) "undefined element")
(assert_trap (invoke "call" (i32.const 2)) "undefined element")
;; The load may vanish with its trap, but never make the index one of the table's.
(assert_trap (invoke "call" (i32.const 0x7ffffffe)) "out of bounds memory access")
(assert_trap (invoke "call" (i32.const -5)) "out of bounds memory access")
