;;; An address that a loop carries is 64 bits wide there, so that no move extends it in each turn;
;;; its other uses take the lower half.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --emit=llvm-opt -o - | FileCheck %s
(module
  (type $function (func (param i32 i32) (result i32)))
  (memory 1)
  (table funcref (elem $last $descend))
  (func (export "_start")
    (i32.store (i32.const 0) (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8)))))
  ;; The last element of a list.
  (func $last (type $function)
    (loop $next (result i32)
      (if (result i32) (i32.load (local.get 0))
        (then (local.set 0 (i32.load (local.get 0))) (br $next))
        (else (local.get 0)))))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK: [[FIRST:%.*]] = zext i32 %{{.*}} to i64
  ;; CHECK: [[AT:%.*]] = phi i64 [ {{.*}}, %{{.*}} ], [ {{.*}}, %{{.*}} ]
  ;; CHECK: trunc {{.*}}i64 [[AT]] to i32
  ;; CHECK: getelementptr {{.*}} @moat_memory0, i64 [[AT]]
  ;; CHECK: ret i32
  ;; Down a tree, to the left where the key is less.
  (func $descend (type $function)
    (local $child i32)
    (loop $next
      (local.set $child
        (select
          (i32.load offset=4 (local.get 0))
          (i32.load offset=8 (local.get 0))
          (i32.lt_s (local.get 1) (i32.load (local.get 0)))))
      (if (local.get $child)
        (then
          (local.set 0 (local.get $child))
          (br $next))))
    (local.get 0)))
  ;; CHECK-LABEL: define {{.*}} @w2(
  ;; CHECK: phi i64
  ;; CHECK-NOT: zext i32 %{{.*}} to i64
  ;; CHECK: select
  ;; CHECK: ret i32
