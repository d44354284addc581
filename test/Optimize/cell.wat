;;; A place that a loop reads or writes in every turn is in a register in the turns in which nothing
;;; else touches it, and the loop becomes vectors. compiler/Optimize/Cell.cpp.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s
;; With checks, and where every trap counts, loops stay as they are.
;; RUN: moat %t.wasm -O2 --bounds=checked --emit=llvm-opt -o - | FileCheck %s --check-prefix=AS-IS
;; RUN: moat %t.wasm -O2 --strict-traps --emit=llvm-opt -o - | FileCheck %s --check-prefix=AS-IS
;; AS-IS-NOT: cell.next
(module
  (type $function (func (param i32 i32 i32)))
  (memory 1)
  (table funcref (elem $most $least))

  ;; The largest sum so far is stored in every turn. Unrolled by two: whether `end` is met is asked
  ;; in front.
  (func $most (param $cell i32) (param $at i32) (param $end i32) (local $most i32)
      (local $value i32)
    (local.set $most (i32.load (local.get $cell)))
    (loop $next
      (local.set $value (i32.add (i32.load (local.get $at)) (i32.load offset=4096 (local.get $at))))
      (local.set $most (select (local.get $most) (local.get $value)
        (i32.gt_s (local.get $most) (local.get $value))))
      (i32.store (local.get $cell) (local.get $most))
      (local.set $value
        (i32.add (i32.load offset=4 (local.get $at)) (i32.load offset=4100 (local.get $at))))
      (local.set $most (select (local.get $most) (local.get $value)
        (i32.gt_s (local.get $most) (local.get $value))))
      (i32.store (local.get $cell) (local.get $most))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end)))))
  ;; CHECK-LABEL: define {{.*}} @w0(
  ;; CHECK: cell.next:
  ;; CHECK: smax.v8i32
  ;; The loop as it was, for the turns that overlap and for distances that are odd.
  ;; CHECK: slow.done = phi
  ;; CHECK-NOT: <8 x i32>

  ;; A row is written that the cell may be part of.
  (func $least (param $cell i32) (param $at i32) (param $turns i32) (local $value i32)
    (loop $next
      (local.set $value
        (i32.add (i32.load (local.get $cell)) (i32.load offset=4096 (local.get $at))))
      (i32.store (local.get $at) (select (i32.load (local.get $at)) (local.get $value)
        (i32.lt_s (i32.load (local.get $at)) (local.get $value))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK: cell.next:
  ;; CHECK: smin.v8i32

  (func (export "_start")
    (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8))
      (i32.load (i32.const 12)))))
