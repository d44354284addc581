;;; What only looks unrolled stays as it is: each function differs in one thing from two copies of
;;; a body.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s --implicit-check-not=moat.rolled
;; RUN: moat %t.wasm -O3 --emit=llvm-opt -o - | FileCheck %s --implicit-check-not=moat.rolled
(module
  (type $function (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $call (result i32)))
  (memory 1)
  (table funcref (elem $down $uneven $constants $order $endless $calls $live))
  (func (export "_start")
    (drop (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8)))))

  ;; Downwards, with offsets in the instruction: a rolled address would wrap at another turn.
  (func $down (param $at i32) (param $turns i32) (result i32)
    (loop $next
      (i32.store offset=8 (local.get $at) (i32.const 7))
      (i32.store offset=4 (local.get $at) (i32.const 7))
      (local.set $at (i32.sub (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.const 0))

  ;; The second copy is three bytes further, not four.
  (func $uneven (param $at i32) (param $turns i32) (result i32)
    (loop $next
      (i32.store (local.get $at) (i32.const 7))
      (i32.store offset=3 (local.get $at) (i32.const 7))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.const 0))

  ;; Other constants.
  (func $constants (param $at i32) (param $turns i32) (result i32)
    (loop $next
      (i32.store (local.get $at) (i32.const 7))
      (i32.store offset=4 (local.get $at) (i32.const 8))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.const 0))

  ;; Both loads are in front of both stores, which may be to the same bytes.
  (func $order (param $from i32) (param $turns i32) (result i32)
    (local $to i32) (local $one i32) (local $other i32)
    (local.set $to (i32.load (i32.const 64)))
    (loop $next
      (local.set $one (i32.load (local.get $from)))
      (local.set $other (i32.load offset=4 (local.get $from)))
      (i32.store (local.get $to) (local.get $one))
      (i32.store offset=4 (local.get $to) (local.get $other))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.const 0))

  ;; The counter may step over its bound and go round.
  (func $endless (param $at i32) (param $end i32) (result i32)
    (loop $next
      (i32.store (local.get $at) (i32.const 7))
      (i32.store offset=4 (local.get $at) (i32.const 7))
      (br_if $next (i32.ne
        (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
    (i32.const 0))

  ;; A call between the copies, and one in each.
  (func $calls (param $at i32) (param $turns i32) (result i32)
    (loop $next
      (i32.store (local.get $at) (call $call))
      (i32.store offset=4 (local.get $at) (call $call))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.const 0))

  ;; What the first copy computed is used behind the loop.
  (func $live (param $at i32) (param $turns i32) (result i32) (local $first f32)
    (loop $next
      (f32.store (local.get $at)
        (local.tee $first (f32.sqrt (f32.load offset=4096 (local.get $at)))))
      (f32.store offset=4 (local.get $at)
        (f32.sqrt (f32.load offset=4100 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.trunc_sat_f32_s (local.get $first))))
;; CHECK: define
