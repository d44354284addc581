;;; A call through a table that nothing changes is a direct one where only one function in the
;;; table has the type; the checks of index, null and type stay. Two functions of a type are
;;; called through a table of their own if they lie close. A table that is changed is read.
;;; Core 3.0, 4.6.12 Control Instructions, call_indirect.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O0 --emit=llvm -o - | FileCheck %s
(module
  (type $one (func (param i32) (result i32)))
  (type $two (func (param i32 i32) (result i32)))
  (memory 1)
  (table $constant 8 funcref)
  (table $changed funcref (elem $negate))
  (elem (table $constant) (i32.const 1) func $negate $add $subtract $negate)
  (func $negate (type $one) (i32.sub (i32.const 0) (local.get 0)))
  (func $add (type $two) (i32.add (local.get 0) (local.get 1)))
  (func $subtract (type $two) (i32.sub (local.get 0) (local.get 1)))
  (func (export "_start")
    (drop (call_indirect $constant (type $one) (i32.const 5) (i32.load (i32.const 0))))
    (drop (call_indirect $constant (type $two) (i32.const 5) (i32.const 6) (i32.load (i32.const 4))))
    (drop (call_indirect $changed (type $one) (i32.const 5) (i32.load (i32.const 8))))
    (table.set $changed (i32.const 0) (ref.null func))))
;; CHECK: @moat_codes.0.{{.*}} [2 x ptr] [ptr @w1, ptr @w2]
;; CHECK-LABEL: define {{.*}} @w3(
;; CHECK: icmp uge i64 {{.*}}, 8
;; CHECK: call void @moat_trap(
;; CHECK: call {{.*}}i32 @w0(
;; CHECK: sub i64 {{.*}}, 2
;; CHECK: icmp ult i64 {{.*}}, 2
;; CHECK: call {{.*}}i32 %{{[0-9]+}}(
;; CHECK: icmp uge i64
;; CHECK: call {{.*}}i32 %{{[0-9]+}}(
