;;; The check of a 64-bit memory is one comparison where the offset lies below the memory's
;;; smallest size; in a loop its right side is computed before the loop.
;;; Core 3.0, 4.6.8 Memory Instructions; compiler/README.md, bounds.
;; RUN: wat2wasm --enable-memory64 %s -o %t.wasm
;; RUN: moat %t.wasm --emit=llvm -o - | FileCheck %s --check-prefix=PLAIN
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s --check-prefix=LOOP
(module
  (memory (export "memory") i64 1)
  (func $one (export "one") (param i64) (result i32) (i32.load offset=16 (local.get 0)))
  (func $larger (export "larger") (param i64) (result i32) (i32.load offset=65533 (local.get 0)))
  (func $sum (export "_start")
    (local $sum i64) (local $at i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (i64.load offset=16 (local.get $at))))
      (local.set $at (i64.add (local.get $at) (i64.const 8)))
      (br_if $next (i64.ne (local.get $at) (i64.const 0x10000))))
    (i64.store (i64.const 0) (local.get $sum))))
;; PLAIN-LABEL: define {{.*}} @w0(
;; PLAIN: [[SIZE:%.*]] = load i64, ptr getelementptr (i8, ptr @moat_memories, i64 8)
;; PLAIN-NEXT: [[LAST:%.*]] = sub nuw i64 [[SIZE]], 20
;; PLAIN-NEXT: icmp ugt i64 {{%.*}}, [[LAST]]
;; PLAIN-NOT: icmp
;; PLAIN: getelementptr nusw nuw i8, ptr @moat_memory0,
;; PLAIN-LABEL: define {{.*}} @w1(
;; PLAIN: [[SIZE:%.*]] = load i64, ptr getelementptr (i8, ptr @moat_memories, i64 8)
;; PLAIN-NEXT: icmp ult i64 [[SIZE]], 65537
;; PLAIN: [[LAST:%.*]] = sub nuw i64 [[SIZE]], 65537
;; PLAIN-NEXT: icmp ugt i64 {{%.*}}, [[LAST]]

;; LOOP-LABEL: define internal {{.*}} @w2(
;; LOOP-NEXT: [[SIZE:%.*]] = load i64, ptr getelementptr {{.*}}@moat_memories
;; LOOP-NEXT: [[LAST:%.*]] = add i64 [[SIZE]], -24
;; LOOP-NOT: @moat_memories
;; LOOP: icmp ugt i64 {{%.*}}, [[LAST]]
;; LOOP-NOT: @moat_memories
;; LOOP: ret void
