;;; Loops over vectors that stay as they are: a turn needs what the one before it stored, lanes of
;;; floating point are added up, accesses leave gaps, a turn computes with its own number, or a sum
;;; is read in between. compiler/README.md, "Why are the producer's vectors widened?"
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s
;; CHECK-NOT: wide
(module
  (type $function (func (param i32 i32) (result i32)))
  (memory 1)
  (table funcref (elem $follow $overlap $float $gaps $number $read))

  (func $follow (type $function) (local $at i32)
    (loop $next
      (v128.store offset=8208 (local.get $at)
        (i32x4.add (v128.load offset=8192 (local.get $at)) (v128.const i32x4 1 2 3 4)))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 8192))))
    (i32.const 0))

  ;; Half of what the turn before stored.
  (func $overlap (type $function) (local $at i32)
    (loop $next
      (v128.store offset=8200 (local.get $at)
        (i32x4.add (v128.load offset=8192 (local.get $at)) (v128.const i32x4 1 2 3 4)))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 8192))))
    (i32.const 0))

  (func $float (type $function) (local $at i32) (local $sum v128)
    (loop $next
      (local.set $sum (f32x4.add (local.get $sum) (v128.load offset=8192 (local.get $at))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 8192))))
    (i32.trunc_sat_f32_s (f32x4.extract_lane 1 (local.get $sum))))

  (func $gaps (type $function) (local $at i32)
    (loop $next
      (v128.store offset=8192 (local.get $at)
        (i32x4.add (v128.load offset=32768 (local.get $at)) (v128.const i32x4 1 2 3 4)))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 24))) (i32.const 8184))))
    (i32.const 0))

  (func $number (type $function) (local $at i32)
    (loop $next
      (v128.store offset=8192 (local.get $at)
        (i32x4.add (v128.load offset=32768 (local.get $at)) (i32x4.splat (local.get $at))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 8192))))
    (i32.const 0))

  ;; A sum that something else reads, too.
  (func $read (type $function) (local $at i32) (local $sum v128)
    (loop $next
      (local.set $sum (i32x4.add (local.get $sum) (v128.load offset=8192 (local.get $at))))
      (v128.store offset=32768 (local.get $at) (local.get $sum))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 8192))))
    (i32.const 0))

  (func (export "_start")
    (drop (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8)))))
)
