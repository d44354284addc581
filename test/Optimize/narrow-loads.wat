;;; Loads of vectors whose first lanes alone are read become as narrow, so that copies of which each
;;; loads another number of bytes are rolled back and widened (compiler/Optimize/NarrowLoads.cpp). Not
;;; under --strict-traps, where the other bytes' trap counts, nor where another lane is read.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s --check-prefix=FULL
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --strict-traps --emit=llvm-opt -o - \
;; RUN:   | FileCheck %s --check-prefix=STRICT
;; STRICT: load volatile <16 x i8>
;; STRICT: load volatile i64
(module
  (type $function (func (param i32) (result i32)))
  (memory 1)
  (table funcref (elem $sum $last))

  ;; A sum of bytes, as clang writes it.
  (func $sum (type $function) (local $at i32) (local $sum v128)
    (loop $next
      (local.set $sum (i32x4.add (local.get $sum)
        (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load (local.get $at))))))
      (local.set $sum (i32x4.add (local.get $sum)
        (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
          (v128.load32_zero (i32.add (local.get $at) (i32.const 4)))))))
      (local.set $sum (i32x4.add (local.get $sum)
        (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
          (v128.load64_zero (i32.add (local.get $at) (i32.const 8)))))))
      (local.set $sum (i32x4.add (local.get $sum)
        (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
          (v128.load32_zero (i32.add (local.get $at) (i32.const 12)))))))
      (br_if $next
        (i32.ne (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const 8192))))
    (i32x4.extract_lane 1 (local.get $sum)))
  ;; CHECK-LABEL: define {{.*}} @w0(
  ;; CHECK: wide:
  ;; CHECK: [[BYTES:%.*]] = load <8 x i8>
  ;; CHECK: zext <8 x i8> [[BYTES]] to <8 x i32>
  ;; FULL-LABEL: define {{.*}} @w0(
  ;; FULL: load <8 x i8>

  (func $last (type $function) (local $bytes v128)
    (local.set $bytes (v128.load (local.get 0)))
    (i32.add
      (i32x4.extract_lane 1 (i32x4.extend_low_i16x8_u
        (i16x8.extend_low_i8x16_u (local.get $bytes))))
      (i8x16.extract_lane_u 15 (local.get $bytes))))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK: load <16 x i8>

  (func (export "_start")
    (drop (call_indirect (type $function) (i32.load (i32.const 0)) (i32.load (i32.const 4)))))
)
