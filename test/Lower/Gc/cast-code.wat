;;; A cast to a type that nothing can be a subtype of compares the object's type with it; any
;;; other looks into the display of the object's type. Operands whose static type says that
;;; they are objects are not asked whether they are.
;; RUN: %assemble %s %t.wasm
;; RUN: moat %t.wasm -O2 --export-all --emit=llvm-opt -o - | FileCheck %s
(module
  (type $super (sub (struct (field i32))))
  (type $middle (sub $super (struct (field i32) (field i32))))
  (type $leaf (sub $middle (struct (field i32) (field i32) (field i32))))
  (func (export "_start"))
  (func (export "leaf") (param (ref $super)) (result i32)
    (ref.test (ref $leaf) (local.get 0)))
  (func (export "middle") (param (ref $super)) (result i32)
    (ref.test (ref $middle) (local.get 0)))
  (func (export "any") (param anyref) (result i32)
    (ref.test (ref $leaf) (local.get 0))))
;; In an executable nobody else can have a subtype of $leaf.
;; CHECK-LABEL: define internal i32 @w1(
;; CHECK-NEXT: [[TYPE:%.*]] = load ptr, ptr %0
;; CHECK-NEXT: [[IS:%.*]] = icmp eq ptr [[TYPE]], @moat_type.2
;; CHECK-NEXT: [[RESULT:%.*]] = zext i1 [[IS]] to i32
;; CHECK-NEXT: ret i32 [[RESULT]]
;; CHECK-LABEL: define internal i32 @w2(
;; CHECK-NEXT: [[TYPE:%.*]] = load ptr, ptr %0
;; CHECK-NEXT: [[PLACE:%.*]] = getelementptr i8, ptr [[TYPE]], i64 40
;; CHECK-NEXT: [[SUPER:%.*]] = load ptr, ptr [[PLACE]]
;; CHECK-NEXT: [[IS:%.*]] = icmp eq ptr [[SUPER]], @moat_type.1
;; CHECK-NEXT: [[RESULT:%.*]] = zext i1 [[IS]] to i32
;; CHECK-NEXT: ret i32 [[RESULT]]
;; An i31 has the lowest bit set, what is the host's the highest.
;; CHECK-LABEL: define internal i32 @w3(
;; CHECK-NEXT: icmp ne ptr %0, null
;; CHECK: and i64 {{.*}}, -9223372036854775807
;; CHECK-NEXT: icmp eq i64 {{.*}}, 0
;; CHECK: icmp eq ptr {{.*}}, @moat_type.2
