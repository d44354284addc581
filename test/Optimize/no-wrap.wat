;;; An address next to one that was just accessed is that one's plus a distance: neither an
;;; addition of 32 bits nor a wrap. What was not accessed first, lies too far away, or lies below
;;; with an offset or more than a byte, stays as it was written (compiler/Optimize/NoWrap.cpp).
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O2 --bounds=checked --emit=llvm-opt -o - | FileCheck %s --check-prefix=CHECKED
(module
  (type $function (func (param i32 i32) (result i32)))
  (memory 1)
  (table funcref (elem $above $below $wide-below $below-with-offset $far $one-way $terms))
  (func (export "_start")
    (drop (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8)))))

  (func $above (type $function)
    (i32.store (local.get 0) (i32.const 1))
    (i32.store (i32.add (local.get 0) (i32.const 4)) (i32.const 2))
    (i32.store offset=8 (i32.add (local.get 0) (i32.const 65535)) (i32.const 3))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK-NOT: add {{.*}}i32
  ;; CHECK: getelementptr nusw nuw i8, ptr [[NEAR:%.*]], i64 4
  ;; CHECK-NOT: add {{.*}}i32
  ;; CHECK: getelementptr nusw nuw i8, ptr [[NEAR]], i64 65543
  ;; CHECK-NOT: add {{.*}}i32
  ;; CHECKED-LABEL: define {{.*}} @w1(
  ;; CHECKED: add i32 {{.*}}, 4

  (func $below (type $function)
    (i32.store (local.get 0) (i32.const 1))
    (i32.store8 (i32.sub (local.get 0) (i32.const 16)) (i32.const 2))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w2(
  ;; CHECK-NOT: add {{.*}}i32
  ;; CHECK: getelementptr nusw i8, ptr {{.*}}, i64 -16

  (func $wide-below (type $function)
    (i32.store (local.get 0) (i32.const 1))
    (i32.store16 (i32.sub (local.get 0) (i32.const 16)) (i32.const 2))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w3(
  ;; CHECK: add i32 {{.*}}, -16

  (func $below-with-offset (type $function)
    (i32.store (local.get 0) (i32.const 1))
    (i32.store8 offset=20 (i32.sub (local.get 0) (i32.const 16)) (i32.const 2))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w4(
  ;; CHECK: add i32 {{.*}}, -16

  (func $far (type $function)
    (i32.store (local.get 0) (i32.const 1))
    (i32.store (i32.add (local.get 0) (i32.const 65536)) (i32.const 2))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w5(
  ;; CHECK: add i32 {{.*}}, 65536

  ;; The first access does not come first on every path.
  (func $one-way (type $function)
    (if (local.get 1) (then (i32.store (local.get 0) (i32.const 1))))
    (i32.store (i32.add (local.get 0) (i32.const 4)) (i32.const 2))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w6(
  ;; CHECK: add i32 {{.*}}, 4

  ;; The same sum, written in two ways.
  (func $terms (type $function)
    (i32.store (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 3))) (i32.const 1))
    (i32.store (i32.add (i32.shl (i32.add (local.get 1) (i32.const 1)) (i32.const 3))
                        (local.get 0)) (i32.const 2))
    (i32.const 0)))
  ;; CHECK-LABEL: define {{.*}} @w7(
  ;; CHECK: getelementptr nusw nuw i8, ptr {{.*}}, i64 8
