;;; A call through a constant table that can be one of two or three functions is a comparison for each
;;; and a direct call, which can be inlined; more are called through the table.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t.json
;; RUN: moat %t.0.wasm -O2 --emit=llvm -o - | FileCheck %s
(module
  (type $two (func (param i32) (result i32)))
  (type $three (func (param i32 i32) (result i32 f64)))
  (type $four (func (param f64) (result f64)))
  (table 16 funcref)
  (elem (i32.const 1) $double $half $double $add $subtract $multiply)
  (elem (i32.const 9) $a $b $c $d)
  (func $double (type $two) (i32.mul (local.get 0) (i32.const 2)))
  (func $half (type $two) (i32.div_u (i32.const 100) (local.get 0)))
  (func $add (type $three) (i32.add (local.get 0) (local.get 1)) (f64.const 1))
  (func $subtract (type $three) (i32.sub (local.get 0) (local.get 1)) (f64.const 2))
  (func $multiply (type $three) (i32.mul (local.get 0) (local.get 1)) (f64.const 3))
  (func $a (type $four) (f64.add (local.get 0) (f64.const 1)))
  (func $b (type $four) (f64.add (local.get 0) (f64.const 2)))
  (func $c (type $four) (f64.add (local.get 0) (f64.const 3)))
  (func $d (type $four) (f64.add (local.get 0) (f64.const 4)))
  (func (export "two") (param i32 i32) (result i32)
    (call_indirect (type $two) (local.get 1) (local.get 0)))
  (func (export "three") (param i32 i32 i32) (result i32 f64)
    (call_indirect (type $three) (local.get 1) (local.get 2) (local.get 0)))
  (func (export "four") (param i32 f64) (result f64)
    (call_indirect (type $four) (local.get 1) (local.get 0))))
;; CHECK-LABEL: define {{.*}} @w9(
;; CHECK: icmp eq ptr {{.*}}, @w0
;; CHECK: call {{.*}} @w0(
;; CHECK: icmp eq ptr {{.*}}, @w1
;; CHECK: call {{.*}} @w1(
;; CHECK-LABEL: define {{.*}} @w10(
;; CHECK: call {{.*}} @w2(
;; CHECK: call {{.*}} @w3(
;; CHECK: call {{.*}} @w4(
;; CHECK-LABEL: define {{.*}} @w11(
;; CHECK-NOT: icmp eq ptr {{.*}}, @w

(assert_return (invoke "two" (i32.const 1) (i32.const 21)) (i32.const 42))
(assert_return (invoke "two" (i32.const 2) (i32.const 5)) (i32.const 20))
(assert_return (invoke "two" (i32.const 3) (i32.const 4)) (i32.const 8))
(assert_trap (invoke "two" (i32.const 2) (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "two" (i32.const 0) (i32.const 1)) "uninitialized element")
(assert_trap (invoke "two" (i32.const 4) (i32.const 1)) "indirect call type mismatch")
(assert_trap (invoke "two" (i32.const 16) (i32.const 1)) "undefined element")
(assert_trap (invoke "two" (i32.const -1) (i32.const 1)) "undefined element")
(assert_return (invoke "three" (i32.const 4) (i32.const 7) (i32.const 5)) (i32.const 12) (f64.const 1))
(assert_return (invoke "three" (i32.const 5) (i32.const 7) (i32.const 5)) (i32.const 2) (f64.const 2))
(assert_return (invoke "three" (i32.const 6) (i32.const 7) (i32.const 5)) (i32.const 35) (f64.const 3))
(assert_return (invoke "four" (i32.const 9) (f64.const 1)) (f64.const 2))
(assert_return (invoke "four" (i32.const 12) (f64.const 1)) (f64.const 5))
(assert_trap (invoke "four" (i32.const 8) (f64.const 1)) "uninitialized element")
