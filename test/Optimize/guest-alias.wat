;;; A record and the ones behind it do not overlap, so what a loop adds to the record stays in a
;;; register: its address is p, theirs p + 56 and so on, and a store in every turn shows that they
;;; do not come full circle. Where that is not shown, the record is stored in every turn
;;; (compiler/Optimize/GuestAlias.cpp).
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O2 --bounds=checked --emit=llvm-opt -o - | FileCheck %s --check-prefix=CHECKED
(module
  (type $function (func (param $record i32) (param $other i32) (param $turns i32)))
  (memory 1)
  (table funcref (elem $behind $in-front $downwards $meets $large-steps $one-way $loads))
  (func (export "_start")
    (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8))
      (i32.load (i32.const 12))))

  (func $behind (type $function) (param $record i32) (param $other i32) (param $turns i32)
    (local.set $other (i32.add (local.get $record) (i32.const 56)))
    (loop $again
      (f64.store offset=48 (local.get $record)
        (f64.add (f64.load offset=48 (local.get $record)) (f64.load (local.get $other))))
      (f64.store offset=8 (local.get $other) (f64.const 1))
      (local.set $other (i32.add (local.get $other) (i32.const 56)))
      (br_if $again
        (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK: fadd double
  ;; CHECK-NOT: store double %
  ;; CHECK: store double 1.0
  ;; CHECK-NOT: store double %
  ;; CHECK: br i1
  ;; CHECK: store double %
  ;; CHECKED-LABEL: define {{.*}} @w1(
  ;; CHECKED: fadd double
  ;; CHECKED: store double %
  ;; CHECKED: store double 1.0

  ;; The first one ends where the record begins, and few turns go away from it.
  (func $in-front (type $function) (param $record i32) (param $other i32) (param $turns i32)
    (local.set $other (i32.sub (local.get $record) (i32.const 56)))
    (local.set $turns (i32.const 5))
    (loop $again
      (f64.store offset=48 (local.get $record)
        (f64.add (f64.load offset=48 (local.get $record)) (f64.load (local.get $other))))
      (f64.store offset=8 (local.get $other) (f64.const 1))
      (local.set $other (i32.sub (local.get $other) (i32.const 56)))
      (br_if $again
        (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w2(
  ;; CHECK: fadd double
  ;; CHECK-NOT: store double %
  ;; CHECK: store double 1.0
  ;; CHECK-NOT: store double %
  ;; CHECK: br i1
  ;; CHECK: store double %

  (func $downwards (type $function) (param $record i32) (param $other i32) (param $turns i32)
    (local.set $other (i32.sub (local.get $record) (i32.const 56)))
    (loop $again
      (f64.store offset=48 (local.get $record)
        (f64.add (f64.load offset=48 (local.get $record)) (f64.load (local.get $other))))
      (f64.store offset=8 (local.get $other) (f64.const 1))
      (local.set $other (i32.sub (local.get $other) (i32.const 56)))
      (br_if $again
        (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w3(
  ;; CHECK: fadd double
  ;; CHECK-NOT: store double %
  ;; CHECK: store double 1.0
  ;; CHECK-NOT: store double %
  ;; CHECK: br i1
  ;; CHECK: store double %

  ;; The first one is the record itself, from its second half on.
  (func $meets (type $function) (param $record i32) (param $other i32) (param $turns i32)
    (local.set $other (i32.add (local.get $record) (i32.const 40)))
    (loop $again
      (f64.store offset=48 (local.get $record)
        (f64.add (f64.load offset=48 (local.get $record)) (f64.load (local.get $other))))
      (f64.store offset=8 (local.get $other) (f64.const 1))
      (local.set $other (i32.add (local.get $other) (i32.const 56)))
      (br_if $again
        (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w4(
  ;; CHECK: fadd double
  ;; CHECK: store double %
  ;; CHECK: store double 1.0

  ;; These can step over the end of the memory.
  (func $large-steps (type $function) (param $record i32) (param $other i32) (param $turns i32)
    (local.set $other (i32.add (local.get $record) (i32.const 56)))
    (loop $again
      (f64.store offset=48 (local.get $record)
        (f64.add (f64.load offset=48 (local.get $record)) (f64.load (local.get $other))))
      (f64.store offset=8 (local.get $other) (f64.const 1))
      (local.set $other (i32.add (local.get $other) (i32.const 65544)))
      (br_if $again
        (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w5(
  ;; CHECK: fadd double
  ;; CHECK: store double %
  ;; CHECK: store double 1.0

  ;; No store happens in every turn but the record's own.
  (func $one-way (type $function) (param $record i32) (param $other i32) (param $turns i32)
    (local.set $other (i32.add (local.get $record) (i32.const 56)))
    (loop $again
      (f64.store offset=48 (local.get $record)
        (f64.add (f64.load offset=48 (local.get $record)) (f64.const 2)))
      (if (i32.load (i32.const 16))
        (then (f64.store offset=8 (local.get $other) (f64.const 1))))
      (local.set $other (i32.add (local.get $other) (i32.const 56)))
      (br_if $again
        (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w6(
  ;; CHECK: fadd double
  ;; CHECK: store double %
  ;; CHECK: store double 1.0

  ;; A load is a fact about its own address, and about no other: it may go.
  (func $loads (type $function) (param $record i32) (param $other i32) (param $turns i32)
    (local.set $other (i32.add (local.get $record) (i32.const 56)))
    (loop $again
      (f64.store offset=48 (local.get $record)
        (f64.add (f64.load offset=48 (local.get $record)) (f64.load offset=8 (local.get $other))))
      (local.set $other (i32.add (local.get $other) (i32.const 56)))
      (br_if $again
        (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w7(
  ;; CHECK: fadd double
  ;; CHECK-NOT: store double %
  ;; CHECK: br i1
  ;; CHECK: store double %
)
