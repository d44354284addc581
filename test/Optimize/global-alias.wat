;;; Stores to a global in front of a call that leaves it alone, and loads behind, are gone; around
;;; what reads it the stores stay, around what writes it the loads do, around what may do anything
;;; both (compiler/Optimize/GlobalAlias.cpp). Where somebody sees globals after a trap (TRAP), what
;;; may trap reads all of them; calls out change them.
;; RUN: split-file %s %t
;; RUN: wat2wasm %t/calls.wat -o %t/calls.wasm
;; RUN: wat2wasm %t/import.wat -o %t/import.wasm
;; RUN: wat2wasm %t/references.wat -o %t/references.wasm
;; RUN: moat %t/calls.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t/calls.wasm -O2 --export-all --emit=llvm-opt -o - | FileCheck %s --check-prefix=TRAP
;; RUN: moat %t/calls.wasm -O2 --strict-traps --emit=llvm-opt -o - | FileCheck %s --check-prefix=STRICT
;; RUN: moat %t/import.wasm -O2 --emit=llvm-opt -o - | FileCheck %s --check-prefix=IMPORT
;; RUN: moat %t/references.wasm -O2 --emit=llvm-opt -o - | FileCheck %s --check-prefix=REFERENCE

;--- calls.wat
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (type $test (func (result i32)))
  (memory 1)
  (global $g (mut i32) (i32.const 1024))
  (global $other (mut i32) (i32.const 1024))
  (table funcref (elem $around-none $around-reads $around-writes $around-through
    $around-indirect $around-yield $around-number $none $reads $writes $through $number))
  (func (export "_start") (local $i i32)
    (loop $again
      (i32.store (i32.const 0) (call_indirect (type $test) (local.get $i)))
      (br_if $again (local.tee $i (i32.load (i32.const 4))))))

  ;; Touches another global; too large to be inlined.
  (func $none (param $p i32)
    (loop $again
      (i32.store (local.get $p) (i32.rotl (i32.load offset=4 (local.get $p)) (global.get $other)))
      (i32.store offset=8 (local.get $p) (i32.mul (i32.load offset=12 (local.get $p)) (i32.const 77)))
      (global.set $other (i32.load offset=16 (local.get $p)))
      (br_if $again (local.tee $p (i32.load offset=20 (local.get $p))))))
  (func $reads (param $p i32)
    (loop $again
      (i32.store (local.get $p) (i32.rotl (i32.load offset=4 (local.get $p)) (global.get $g)))
      (i32.store offset=8 (local.get $p) (i32.mul (i32.load offset=12 (local.get $p)) (i32.const 77)))
      (i32.store offset=16 (local.get $p) (i32.mul (i32.load offset=24 (local.get $p)) (i32.const 99)))
      (br_if $again (local.tee $p (i32.load offset=20 (local.get $p))))))
  (func $writes (param $p i32)
    (loop $again
      (i32.store (local.get $p) (i32.rotl (i32.load offset=4 (local.get $p)) (i32.const 1)))
      (i32.store offset=8 (local.get $p) (i32.mul (i32.load offset=12 (local.get $p)) (i32.const 77)))
      (global.set $g (i32.load offset=16 (local.get $p)))
      (br_if $again (local.tee $p (i32.load offset=20 (local.get $p))))))
  ;; What it calls does.
  (func $through (param $p i32)
    (loop $again
      (i32.store (local.get $p) (i32.rotl (i32.load offset=4 (local.get $p)) (i32.const 1)))
      (call $writes (local.get $p))
      (call $reads (local.get $p))
      (br_if $again (local.tee $p (i32.load offset=20 (local.get $p))))))
  ;; Can do neither harm nor trap.
  (func $number (param $p i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.rotl (i32.mul (local.get $sum) (local.get $p)) (i32.xor (local.get $p) (i32.const 7))))
      (local.set $sum (i32.add (local.get $sum) (i32.popcnt (i32.mul (local.get $p) (i32.const 12345)))))
      (local.set $sum (i32.mul (local.get $sum) (i32.ctz (i32.xor (local.get $sum) (i32.const 1234)))))
      (local.set $sum (i32.sub (local.get $sum) (i32.clz (i32.shr_u (local.get $sum) (local.get $p)))))
      (local.set $sum (i32.xor (local.get $sum) (i32.rotl (i32.const 123) (local.get $p))))
      (global.set $other (local.get $sum))
      (br_if $again (local.tee $p (i32.shr_u (local.get $p) (i32.const 1)))))
    (local.get $sum))

  (func $around-none (type $test)
    (global.set $g (i32.const 1))
    (call $none (i32.const 64))
    (i32.add (global.get $g) (global.get $other))
    (global.set $g (i32.const 2)))
  ;; CHECK-LABEL: define {{.*}} @w7(
  ;; CHECK-NOT: @moat_global.0
  ;; CHECK: call {{.*}} @w2(
  ;; CHECK-NOT: @moat_global.0
  ;; CHECK: load i32, ptr @moat_global.1
  ;; CHECK: store i32 2, ptr @moat_global.0
  ;; TRAP-LABEL: define {{.*}} @w7(
  ;; TRAP: store i32 1, ptr @moat_global.0
  ;; TRAP: call {{.*}} @w2(
  ;; TRAP-NOT: load i32, ptr @moat_global.0
  ;; TRAP: store i32 2, ptr @moat_global.0
  ;; STRICT-LABEL: define {{.*}} @w7(
  ;; STRICT: store volatile i32 1, ptr @moat_global.0
  ;; STRICT: call {{.*}} @w2(
  ;; STRICT: store volatile i32 2, ptr @moat_global.0

  (func $around-reads (type $test)
    (global.set $g (i32.const 1))
    (call $reads (i32.const 64))
    (global.get $g)
    (global.set $g (i32.const 2)))
  ;; CHECK-LABEL: define {{.*}} @w8(
  ;; CHECK: store i32 1, ptr @moat_global.0
  ;; CHECK: call {{.*}} @w3(
  ;; CHECK-NOT: load
  ;; CHECK: store i32 2, ptr @moat_global.0
  ;; CHECK: ret i32 1

  (func $around-writes (type $test)
    (global.set $g (i32.const 1))
    (call $writes (i32.const 64))
    (global.get $g)
    (global.set $g (i32.const 2)))
  ;; CHECK-LABEL: define {{.*}} @w9(
  ;; CHECK: call {{.*}} @w4(
  ;; CHECK: [[G:%.*]] = load i32, ptr @moat_global.0
  ;; CHECK: store i32 2, ptr @moat_global.0
  ;; CHECK: ret i32 [[G]]

  (func $around-through (type $test)
    (global.set $g (i32.const 1))
    (call $through (i32.const 64))
    (global.get $g)
    (global.set $g (i32.const 2)))
  ;; CHECK-LABEL: define {{.*}} @w10(
  ;; CHECK: store i32 1, ptr @moat_global.0
  ;; CHECK: call {{.*}} @w5(
  ;; CHECK: [[G:%.*]] = load i32, ptr @moat_global.0
  ;; CHECK: ret i32 [[G]]

  (func $around-indirect (type $test)
    (global.set $g (i32.const 1))
    (drop (call_indirect (type $test) (i32.load (i32.const 0))))
    (global.get $g)
    (global.set $g (i32.const 2)))
  ;; CHECK-LABEL: define {{.*}} @w11(
  ;; CHECK: store i32 1, ptr @moat_global.0
  ;; CHECK: call i32 %
  ;; CHECK: [[G:%.*]] = load i32, ptr @moat_global.0
  ;; CHECK: ret i32 [[G]]

  (func $around-yield (type $test)
    (global.set $g (i32.const 1))
    (drop (call $yield))
    (global.get $g)
    (global.set $g (i32.const 2)))
  ;; CHECK-LABEL: define {{.*}} @w12(
  ;; CHECK-NOT: @moat_global.0
  ;; CHECK: call {{.*}} @w0(
  ;; CHECK-NOT: load
  ;; CHECK: store i32 2, ptr @moat_global.0
  ;; CHECK: ret i32 1
  ;; TRAP-LABEL: define {{.*}} @w12(
  ;; TRAP: store i32 1, ptr @moat_global.0
  ;; TRAP: call {{.*}} @w0(
  ;; TRAP: [[G:%.*]] = load i32, ptr @moat_global.0
  ;; TRAP: ret i32 [[G]]

  (func $around-number (type $test)
    (global.set $g (i32.const 1))
    (i32.add (call $number (i32.load (i32.const 0))) (global.get $g))
    (global.set $g (i32.const 2)))
  ;; CHECK-LABEL: define {{.*}} @w13(
  ;; CHECK-NOT: @moat_global.0
  ;; CHECK: call {{.*}} @w6(
  ;; TRAP-LABEL: define {{.*}} @w13(
  ;; TRAP-NOT: @moat_global.0
  ;; TRAP: call {{.*}} @w6(
  ;; TRAP-NOT: load
  ;; TRAP: store i32 2, ptr @moat_global.0
)

;--- import.wat
(module
  (import "env" "anything" (func $import))
  (global $g (mut i32) (i32.const 1024))
  (func (export "_start")
    (global.set $g (i32.const 1))
    (call $import)
    (if (global.get $g)
      (then (call $import)))
    (global.set $g (i32.const 2))))
;; IMPORT-LABEL: define {{.*}} @w1(
;; IMPORT: store i32 1, ptr @moat_global.0
;; IMPORT: call {{.*}} @w0(
;; IMPORT: load i32, ptr @moat_global.0

;--- references.wat
(module
  (memory 1)
  (type $test (func (param i32)))
  (table 3 funcref)
  (elem (i32.const 0) $first $second $by-reference)
  (global $g (mut i32) (i32.const 1024))
  (global $touched (mut i32) (i32.const 1024))
  (func $first (type $test)
    (global.set $touched (i32.load (local.get 0))))
  (func $second (type $test)
    (i32.store (local.get 0) (global.get $touched)))
  (func $by-reference
    (call_indirect (type $test) (i32.const 64) (i32.load (i32.const 0))))
  (func (export "_start")
    (global.set $g (i32.const 1))
    (global.set $touched (i32.const 1))
    (call $by-reference)
    (i32.store (i32.const 4) (global.get $g))
    (i32.store (i32.const 8) (global.get $touched))
    (global.set $g (i32.const 2))
    (global.set $touched (i32.const 2))))
;; REFERENCE-LABEL: define {{.*}} @w3(
;; REFERENCE-NOT: @moat_global.0
;; REFERENCE: store i32 1, ptr @moat_global.1
;; REFERENCE: call void @w2(
;; REFERENCE-NOT: load i32, ptr @moat_global.0
;; REFERENCE: load i32, ptr @moat_global.1
;; REFERENCE: store i32 2, ptr @moat_global.0
