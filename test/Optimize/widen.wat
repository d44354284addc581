;;; Loops over the producer's vectors are widened to the machine's, and do the turns that are left as
;;; they did: lanes, a value kept for the next turn, an integer sum, a shuffle within a turn, rolled
;;; copies, arrays that may overlap, and vectors that count. compiler/README.md, "Why are the producer's vectors widened?"
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s --check-prefix=FULL
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v4 --emit=llvm-opt -o - | FileCheck %s --check-prefix=WIDER
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s --check-prefix=NARROW
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --strict-traps --emit=llvm-opt -o - \
;; RUN:   | FileCheck %s --check-prefix=NARROW
;; NARROW-NOT: wide
(module
  (type $function (func (param i32 i32) (result i32)))
  (memory 1)
  (table funcref (elem $scale $kept $sum $swap $least $two $count))

  ;; Lane by lane; two copies, which are rolled first.
  (func $scale (type $function) (local $at i32)
    (loop $next
      (v128.store offset=8192 (local.get $at)
        (f32x4.mul (f32x4.splat (f32.const 1.5)) (v128.load offset=32768 (local.get $at))))
      (v128.store offset=8208 (local.get $at)
        (f32x4.mul (f32x4.splat (f32.const 1.5)) (v128.load offset=32784 (local.get $at))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 32))) (i32.const 8192))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w0(
  ;; CHECK: wide:
  ;; CHECK: [[V:%.*]] = load <8 x float>
  ;; CHECK: fmul <8 x float> [[V]], splat (float 1.500000e+00)
  ;; CHECK: store <8 x float>
  ;; CHECK: br {{.*}}label %wide
  ;; FULL-LABEL: define {{.*}} @w0(
  ;; FULL: store <8 x float>
  ;; WIDER-LABEL: define {{.*}} @w0(
  ;; WIDER: store <16 x float>

  ;; a[i] = b[i - 1] + b[i], the last lane of the previous turn kept.
  (func $kept (type $function) (local $at i32) (local $before v128) (local $here v128)
    (local.set $before (v128.load64_splat (i32.const 32760)))
    (loop $next
      (local.set $here (v128.load offset=32768 (local.get $at)))
      (v128.store offset=8192 (local.get $at)
        (f64x2.add (local.get $here)
          (i8x16.shuffle 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
            (local.get $before) (local.get $here))))
      (local.set $before (local.get $here))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 8192))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK: wide:
  ;; CHECK: fadd <4 x double>
  ;; CHECK: store <4 x double>

  ;; Wrapping sums are joined in any order.
  (func $sum (param $from i32) (param $turns i32) (result i32) (local $sum v128)
    (loop $next
      (local.set $sum (i32x4.add (v128.load (local.get $from)) (local.get $sum)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.add (local.get $from)
      (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))
  ;; CHECK-LABEL: define {{.*}} @w2(
  ;; CHECK: wide:
  ;; CHECK: phi <8 x i32>
  ;; CHECK: add <8 x i32>
  ;; CHECK: wide.behind:
  ;; CHECK: shufflevector <8 x i32>

  ;; Each turn's lanes change places among themselves.
  (func $swap (type $function) (local $at i32)
    (loop $next
      (v128.store offset=8192 (local.get $at)
        (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11
          (v128.load offset=8192 (local.get $at)) (v128.const i64x2 0 0)))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 8192))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w3(
  ;; CHECK: wide:
  ;; CHECK: shufflevector {{.*}} <8 x i32> <i32 1, i32 0, i32 3, i32 2, i32 5, i32 4, i32 7, i32 6>

  ;; So are the least of them, which every part may begin with.
  (func $least (param $from i32) (param $turns i32) (result i32) (local $least v128)
    (loop $next
      (local.set $least (i16x8.min_s (local.get $least) (v128.load (local.get $from))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i16x8.extract_lane_s 3 (local.get $least)))
  ;; CHECK-LABEL: define {{.*}} @w4(
  ;; CHECK: wide:
  ;; CHECK: @llvm.smin.v16i16
  ;; CHECK: wide.behind:
  ;; CHECK: @llvm.smin.v8i16

  ;; Two arrays anywhere: tested in front.
  (func $two (param $to i32) (param $from i32) (result i32) (local $at i32)
    (loop $next
      (v128.store (i32.add (local.get $to) (local.get $at))
        (i32x4.add (v128.load (i32.add (local.get $to) (local.get $at)))
          (v128.load (i32.add (local.get $from) (local.get $at)))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 4096))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w5(
  ;; CHECK: icmp ult
  ;; CHECK: wide:
  ;; CHECK: store <8 x i32>

  ;; Four numbers that count by a step that is no constant; what they are behind the loop.
  (func $count (param $from i32) (param $turns i32) (result i32)
    (local $numbers v128) (local $step v128)
    (local.set $step (i32x4.splat (local.get $turns)))
    (local.set $numbers (v128.const i32x4 0 1 2 3))
    (loop $next
      (v128.store (local.get $from)
        (v128.xor (local.get $numbers) (v128.load (local.get $from))))
      (local.set $numbers (i32x4.add (local.get $numbers) (local.get $step)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32x4.extract_lane 2 (local.get $numbers)))
  ;; CHECK-LABEL: define {{.*}} @w6(
  ;; CHECK: mul {{.*}}<8 x i32> {{.*}}, <i32 0, i32 0, i32 0, i32 0, i32 1, i32 1, i32 1, i32 1>
  ;; CHECK: wide:
  ;; CHECK: [[BYTES:%.*]] = phi <32 x i8>
  ;; CHECK: xor <32 x i8> {{.*}}[[BYTES]]
  ;; CHECK: [[NUMBERS:%.*]] = bitcast <32 x i8> [[BYTES]] to <8 x i32>
  ;; CHECK: add <8 x i32> {{.*}}[[NUMBERS]]
  ;; CHECK: wide.behind:

  (func (export "_start")
    (drop (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8)))))
)
