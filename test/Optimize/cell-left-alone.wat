;;; Loops whose cells stay in memory. compiler/Optimize/Cell.cpp.
;; RUN: wat2wasm --enable-multi-memory %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; CHECK-NOT: cell.next
(module
  (type $function (func (param i32 i32 i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory 1)
  (memory $other 1)
  (table funcref (elem $anywhere $calls $stored $few $apart $unknown))

  ;; A store that may go anywhere.
  (func $anywhere (param $cell i32) (param $at i32) (param $turns i32)
    (loop $next
      (i32.store (local.get $cell)
        (i32.add (i32.load (local.get $cell)) (i32.load (local.get $at))))
      (i32.store8 (i32.load (local.get $at)) (i32.const 1))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))

  ;; A function that may look at it.
  (func $calls (param $cell i32) (param $at i32) (param $turns i32)
    (loop $next
      (i32.store (local.get $cell)
        (i32.add (i32.load (local.get $cell)) (i32.load (local.get $at))))
      (drop (call $yield))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))

  ;; A sum of floating point that is stored alone: no vectors, no gain.
  (func $stored (param $cell i32) (param $at i32) (param $turns i32) (local $sum f64)
    (loop $next
      (f64.store (local.get $cell)
        (local.tee $sum (f64.add (local.get $sum) (f64.load (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))

  ;; Four turns.
  (func $few (param $cell i32) (param $at i32) (param i32) (local $turns i32)
    (loop $next
      (i32.store (local.get $cell)
        (i32.add (i32.load (local.get $cell)) (i32.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u
        (local.tee $turns (i32.add (local.get $turns) (i32.const 1))) (i32.const 4)))))

  ;; In another memory than what is read.
  (func $apart (param $cell i32) (param $at i32) (param $turns i32)
    (loop $next
      (i32.store (local.get $cell)
        (i32.add (i32.load (local.get $cell)) (i32.load $other (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))

  ;; Who knows how many turns.
  (func $unknown (param $cell i32) (param $at i32) (param i32)
    (loop $next
      (i32.store (local.get $cell)
        (i32.add (i32.load (local.get $cell)) (i32.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.load (local.get $at)))))

  (func (export "_start")
    (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8))
      (i32.load (i32.const 12)))))
