;;; --relaxed-simd=deterministic: relaxed instructions have the one result of the
;;; deterministic profile, whatever the processor has.
;;; Core 3.0, 4.3.8 Relaxed Operations; A.7.5 Deterministic Profile.
;; RUN: wast2json --enable-relaxed-simd %s -o %t.json
;; RUN: moat-spec --relaxed-simd=deterministic --model=both -O0 -O2 %t.json
;; RUN: moat-spec --relaxed-simd=deterministic --model=instance -O0 -O2 --mcpu=native %t.json
;; RUN: moat-spec --relaxed-simd=deterministic --model=instance -O2 --mcpu=x86-64 %t.json
(module
  (func (export "swizzle") (param v128 v128) (result v128)
    (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
  (func (export "trunc_f32_s") (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))
  (func (export "trunc_f32_u") (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_u (local.get 0)))
  (func (export "trunc_f64_s") (param v128) (result v128) (i32x4.relaxed_trunc_f64x2_s_zero (local.get 0)))
  (func (export "trunc_f64_u") (param v128) (result v128) (i32x4.relaxed_trunc_f64x2_u_zero (local.get 0)))
  (func (export "madd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "select16") (param v128 v128 v128) (result v128)
    (i16x8.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func (export "min") (param v128 v128) (result v128) (f32x4.relaxed_min (local.get 0) (local.get 1)))
  (func (export "max") (param v128 v128) (result v128) (f64x2.relaxed_max (local.get 0) (local.get 1)))
  (func (export "q15mulr") (param v128 v128) (result v128)
    (i16x8.relaxed_q15mulr_s (local.get 0) (local.get 1)))
  (func (export "dot") (param v128 v128) (result v128)
    (i16x8.dot_i8x16_i7x16_s (local.get 0) (local.get 1)))
  (func (export "dot_add") (param v128 v128 v128) (result v128)
    (i32x4.dot_i8x16_i7x16_add_s (local.get 0) (local.get 1) (local.get 2))))

(assert_return (invoke "swizzle" (v128.const i8x16 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1)
    (v128.const i8x16 0 15 16 17 31 32 64 127 128 129 144 200 252 253 254 255))
  (v128.const i8x16 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "trunc_f32_s" (v128.const f32x4 nan 1e10 -1e10 -1.5)) (v128.const i32x4 0 0x7fffffff 0x80000000 -1))
(assert_return (invoke "trunc_f32_u" (v128.const f32x4 nan 1e10 -1e10 3e9)) (v128.const i32x4 0 -1 0 3000000000))
(assert_return (invoke "trunc_f64_s" (v128.const f64x2 nan 1e10)) (v128.const i32x4 0 0x7fffffff 0 0))
(assert_return (invoke "trunc_f64_u" (v128.const f64x2 1e10 -1)) (v128.const i32x4 -1 0 0 0))
(assert_return (invoke "madd" (v128.const f64x2 0x1.0000000000001p+0 2) (v128.const f64x2 0x1.0000000000001p+0 3)
    (v128.const f64x2 -0x1.0000000000002p+0 1))
  (v128.const f64x2 0 7))
(assert_return (invoke "select16" (v128.const i64x2 -1 -1) (v128.const i64x2 0 0) (v128.const i16x8 0x8000 1 0x7fff 2 -1 0 3 4))
  (v128.const i16x8 0x8000 1 0x7fff 2 -1 0 3 4))
(assert_return (invoke "min" (v128.const f32x4 nan 1 0 -0) (v128.const f32x4 1 nan -0 0))
  (v128.const f32x4 nan:canonical nan:canonical -0 -0))
(assert_return (invoke "max" (v128.const f64x2 nan -0) (v128.const f64x2 1 0)) (v128.const f64x2 nan:canonical 0))
(assert_return (invoke "q15mulr" (v128.const i16x8 -32768 1 0 0 0 0 0 0) (v128.const i16x8 -32768 0x4000 0 0 0 0 0 0))
  (v128.const i16x8 32767 1 0 0 0 0 0 0))
;; The second operand's eighth bit is its sign; the sum of two products saturates.
(assert_return (invoke "dot" (v128.const i8x16 -128 -128 -128 -128 127 127 1 1 0 0 0 0 0 0 0 0)
    (v128.const i8x16 -128 -128 -128 -127 -128 -128 -1 -2 0 0 0 0 0 0 0 0))
  (v128.const i16x8 32767 32640 -32512 -3 0 0 0 0))
(assert_return (invoke "dot_add" (v128.const i8x16 -128 -128 -128 -128 127 127 1 1 0 0 0 0 0 0 0 0)
    (v128.const i8x16 -128 -128 -128 -127 -128 -128 -1 -2 0 0 0 0 0 0 0 0) (v128.const i32x4 1 1 1 1))
  (v128.const i32x4 65408 -32514 1 1))
