;;; Loops that the producer unrolled are rolled back: indices and pointers, offsets in the
;;; instruction or in the address, counters up to zero, reductions, values kept for the next turn.
;;; compiler/README.md, "Why are loops rolled back?"
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s 
(module
  (type $function (func (param i32 i32) (result i32)))
  (memory 1)
  (table funcref (elem $scale $sum $pairs $reverse $largest))

  ;; Two copies, the second one's offset in its instruction; a counter up to zero.
  (func $scale (type $function) (local $at i32)
    (local.set $at (i32.const -8192))
    (loop $next
      (f32.store offset=16384 (local.get $at)
        (f32.mul (f32.const 1.5) (f32.load offset=8192 (local.get $at))))
      (f32.store offset=16388 (local.get $at)
        (f32.mul (f32.const 1.5) (f32.load offset=8196 (local.get $at))))
      (br_if $next (local.tee $at (i32.add (local.get $at) (i32.const 8)))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w0(
  ;; CHECK-NOT: shufflevector
  ;; CHECK: store <8 x float>

  ;; Five copies of a reduction over bytes.
  (func $sum (param $from i32) (param $turns i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $from))))
      (local.set $sum (i32.add (local.get $sum)
        (i32.load8_u (i32.add (local.get $from) (i32.const 1)))))
      (local.set $sum (i32.add (local.get $sum)
        (i32.load8_u (i32.add (local.get $from) (i32.const 2)))))
      (local.set $sum (i32.add (i32.load8_u offset=3 (local.get $from)) (local.get $sum)))
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u offset=4 (local.get $from))))
      (local.set $from (i32.add (local.get $from) (i32.const 5)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.add (local.get $sum) (local.get $from)))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK: mul {{.*}}, 5
  ;; CHECK: add <8 x i32>

  ;; Two copies of a[i] = b[i] + b[i + 1], the second value loaded once and kept.
  (func $pairs (type $function) (local $at i32) (local $kept f64)
    (local.set $kept (f64.load (i32.const 1024)))
    (loop $next
      (f64.store offset=32768 (local.get $at)
        (f64.add (local.get $kept)
          (local.tee $kept (f64.load offset=1032 (local.get $at)))))
      (f64.store offset=32776 (local.get $at)
        (f64.add (local.get $kept)
          (local.tee $kept (f64.load offset=1040 (local.get $at)))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 8000))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w2(
  ;; CHECK: shufflevector <4 x double>
  ;; CHECK: store <4 x double>

  ;; to[i] = from[n - 1 - i], four copies: the first by a pointer, the others by the index, which has
  ;; no low bits, so that -8 - 4 * i is written as a xor.
  (func $reverse (type $function) (local $to i32)
    (local $from i32) (local $i i32) (local $base i32)
    (local.set $base (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))))
    (local.set $from (i32.sub (local.get $base) (i32.const 4)))
    (loop $next
      (i32.store (local.get $to) (i32.load (local.get $from)))
      (i32.store (i32.add (local.get $to) (i32.const 4))
        (i32.load (i32.add (local.get $base)
          (i32.xor (i32.shl (local.get $i) (i32.const 2)) (i32.const -8)))))
      (i32.store (i32.add (local.get $to) (i32.const 8))
        (i32.load (i32.add (local.get $base)
          (i32.xor (i32.shl (local.get $i) (i32.const 2)) (i32.const -12)))))
      (i32.store (i32.add (local.get $to) (i32.const 12))
        (i32.load (i32.add (local.get $base)
          (i32.xor (i32.shl (local.get $i) (i32.const 2)) (i32.const -16)))))
      (local.set $from (i32.sub (local.get $from) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (br_if $next (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4)))
        (i32.and (local.get 1) (i32.const 0x7ffffffc)))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w3(
  ;; CHECK: store <8 x i32>

  ;; The largest of 16-bit numbers: the first copy extends what the others know to be extended.
  (func $largest (param $at i32) (param $turns i32) (result i32) (local $most i32) (local $value i32)
    (local.set $most (i32.load (i32.const 12)))
    (loop $next
      (local.set $value (i32.load16_s offset=0 (local.get $at)))
      (local.set $most (i32.extend16_s (local.get $most)))
      (local.set $most (select (local.get $value) (local.get $most)
        (i32.gt_s (local.get $value) (local.get $most))))
      (local.set $value (i32.load16_s offset=2 (local.get $at)))
      (local.set $most (local.get $most))
      (local.set $most (select (local.get $value) (local.get $most)
        (i32.gt_s (local.get $value) (local.get $most))))
      (local.set $value (i32.load16_s offset=4 (local.get $at)))
      (local.set $most (local.get $most))
      (local.set $most (select (local.get $value) (local.get $most)
        (i32.gt_s (local.get $value) (local.get $most))))
      (local.set $value (i32.load16_s offset=6 (local.get $at)))
      (local.set $most (local.get $most))
      (local.set $most (select (local.get $value) (local.get $most)
        (i32.gt_s (local.get $value) (local.get $most))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (local.get $most))
  ;; CHECK-LABEL: define {{.*}} @w4(
  ;; CHECK: @llvm.smax.v8i32

  (func (export "_start")
    (drop (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8)))))
)
