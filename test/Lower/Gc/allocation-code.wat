;;; A small object is taken off the run of its size: two loads, an addition, a comparison and a
;;; store; then its type and its fields are stored. A helper is called only if the run is empty.
;; RUN: %assemble %s %t.wasm
;; RUN: moat %t.wasm -O2 --export-all --emit=llvm-opt -o - | FileCheck %s
(module
  (type $pair (struct (field i32) (field i64) (field i8)))
  (func (export "_start"))
  (func (export "new") (param i32 i64 i32) (result (ref $pair))
    (struct.new $pair (local.get 0) (local.get 1) (local.get 2))))
;; Cells of 32 bytes: the second run, at 32 + 16 in the context.
;; CHECK-LABEL: define internal ptr @w1(
;; CHECK: [[CELL:%.*]] = load ptr, ptr {{.*}}@moat_context, i64 48)
;; CHECK-NEXT: [[END:%.*]] = load ptr, ptr {{.*}}@moat_context, i64 56)
;; CHECK-NEXT: [[NEXT:%.*]] = getelementptr i8, ptr [[CELL]], i64 32
;; CHECK-NEXT: [[FULL:%.*]] = icmp ugt ptr [[NEXT]], [[END]]
;; CHECK-NEXT: br i1 [[FULL]], label %[[SLOW:.*]], label %[[FAST:.*]], !prof
;; CHECK: [[FAST]]:
;; CHECK-NEXT: store ptr [[NEXT]], ptr {{.*}}@moat_context, i64 48)
;; CHECK: [[SLOW]]:
;; CHECK-NEXT: call preserve_mostcc ptr @check.moat_gc_allocate(ptr nonnull @moat_instance, i64 32)
;; CHECK: [[OBJECT:%.*]] = phi ptr
;; CHECK-NEXT: store ptr @moat_type.0, ptr [[OBJECT]]
;; CHECK: store i32 %0
;; CHECK: store i64 %1
;; CHECK: store i8
;; CHECK-NEXT: ret ptr [[OBJECT]]
