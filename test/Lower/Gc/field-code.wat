;;; A field is loaded by one instruction after a comparison with null, which a type that
;;; excludes null saves. A store to one field leaves what was loaded from others, from arrays
;;; and from linear memory.
;; RUN: %assemble %s %t.wasm
;; RUN: moat %t.wasm -O2 --export-all --emit=llvm-opt -o - | FileCheck %s
(module
  (type $pair (struct (field $a (mut i32)) (field $b (mut i32))))
  (type $array (array (mut i32)))
  (memory 1)
  (func (export "_start"))
  (func (export "get") (param (ref null $pair)) (result i32)
    (struct.get $pair $b (local.get 0)))
  (func (export "apart") (param (ref $pair) (ref $pair) (ref $array) i32) (result i32)
    (i32.add
      (struct.get $pair $a (local.get 0))
      (block (result i32)
        (struct.set $pair $b (local.get 1) (i32.const 1))
        (i32.store (local.get 3) (i32.const 2))
        (array.set $array (local.get 2) (local.get 3) (i32.const 3))
        (struct.get $pair $a (local.get 0))))))
;; CHECK-LABEL: define internal i32 @w1(
;; CHECK-NEXT: [[NULL:%.*]] = icmp eq ptr %0, null
;; CHECK-NEXT: br i1 [[NULL]],
;; CHECK: [[PLACE:%.*]] = getelementptr i8, ptr %0, i64 12
;; CHECK-NEXT: [[VALUE:%.*]] = load i32, ptr [[PLACE]]
;; CHECK-NEXT: ret i32 [[VALUE]]
;; CHECK: call void @moat_trap(i32 12)
;; CHECK-LABEL: define internal i32 @w2(
;; CHECK-NEXT: [[PLACE:%.*]] = getelementptr i8, ptr %0, i64 8
;; CHECK-NEXT: [[VALUE:%.*]] = load i32, ptr [[PLACE]]
;; CHECK-NOT: load i32, ptr [[PLACE]]
;; CHECK: [[SUM:%.*]] = shl i32 [[VALUE]], 1
;; CHECK-NEXT: ret i32 [[SUM]]
