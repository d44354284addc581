;;; 0 + x * x needs no quieting: LLVM folds it to a product, whose NaNs are quiet. x - 0 does, and
;;; everything does under --strict-float (compiler/Optimize/Quiet.cpp).
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O2 --strict-float --emit=llvm-opt -o - | FileCheck %s --check-prefix=STRICT
(module
  (type $function (func (param f64 f64 i32) (result f64)))
  (memory 1)
  (table funcref (elem $sum $keep $choose))
  (func (export "_start")
    (f64.store (i32.const 0) (call_indirect (type $function)
      (f64.load (i32.const 0)) (f64.load (i32.const 8)) (i32.load (i32.const 16))
      (i32.load (i32.const 20)))))
  (func $sum (type $function)
    (f64.add (f64.add (f64.const 0) (f64.mul (local.get 0) (local.get 0)))
             (f64.mul (local.get 1) (local.get 1))))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK-NOT: canonicalize
  ;; CHECK: ret double
  ;; STRICT-LABEL: define {{.*}} @w1(
  ;; STRICT: canonicalize
  ;; STRICT: canonicalize
  ;; STRICT: ret double
  (func $keep (type $function)
    (f64.sub (local.get 0) (f64.const 0)))
  ;; CHECK-LABEL: define {{.*}} @w2(
  ;; CHECK: canonicalize
  ;; CHECK: ret double
  (func $choose (type $function)
    (f64.mul (f64.const 1)
      (select (f64.sqrt (local.get 0)) (f64.add (local.get 1) (f64.const 2)) (local.get 2)))))
  ;; CHECK-LABEL: define {{.*}} @w3(
  ;; CHECK-NOT: canonicalize
  ;; CHECK: ret double
