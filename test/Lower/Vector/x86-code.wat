;;; What LLVM makes of vector instructions on x86: one instruction where the processor has it.
;;; Core 3.0, 4.3.7 Vector Operations.
;; RUN: wat2wasm --debug-names --enable-relaxed-simd %s -o %t.wasm
;; RUN: moat %t.wasm --export-all --emit=asm --mcpu=x86-64-v2 -o - | FileCheck %s --check-prefixes=CHECK,V2
;; RUN: moat %t.wasm --export-all --emit=asm --mcpu=x86-64-v3 -o - | FileCheck %s --check-prefixes=CHECK,V3
;; RUN: moat %t.wasm --export-all --emit=asm --mcpu=x86-64-v4 -o - | FileCheck %s --check-prefixes=CHECK,V4
(module
  (memory 1)

  ;; CHECK-LABEL: w{{[0-9]+}}.narrow:
  ;; CHECK: packuswb
  ;; CHECK-NEXT: ret
  (func $narrow (export "narrow") (param v128 v128) (result v128)
    (i8x16.narrow_i16x8_u (local.get 0) (local.get 1)))

  ;; CHECK-LABEL: w{{[0-9]+}}.average:
  ;; CHECK: pavgb
  ;; CHECK-NEXT: ret
  (func $average (export "average") (param v128 v128) (result v128)
    (i8x16.avgr_u (local.get 0) (local.get 1)))

  ;; CHECK-LABEL: w{{[0-9]+}}.dot:
  ;; CHECK: pmaddwd
  ;; CHECK-NEXT: ret
  (func $dot (export "dot") (param v128 v128) (result v128)
    (i32x4.dot_i16x8_s (local.get 0) (local.get 1)))

  ;; CHECK-LABEL: w{{[0-9]+}}.sum_of_pairs:
  ;; CHECK: pmaddubsw
  ;; CHECK-NEXT: ret
  (func $sum_of_pairs (export "sum_of_pairs") (param v128) (result v128)
    (i16x8.extadd_pairwise_i8x16_u (local.get 0)))

  ;; CHECK-LABEL: w{{[0-9]+}}.swizzle:
  ;; CHECK: paddusb
  ;; CHECK-NEXT: pshufb
  ;; CHECK-NEXT: ret
  (func $swizzle (export "swizzle") (param v128 v128) (result v128)
    (i8x16.swizzle (local.get 0) (local.get 1)))

  ;; Constant indices are a shuffle, and a shuffle of whole lanes is one of lanes.
  ;; CHECK-LABEL: w{{[0-9]+}}.swizzle_by_literal:
  ;; CHECK: {{pshufd|vshufps}}
  ;; CHECK-NEXT: ret
  (func $swizzle_by_literal (export "swizzle_by_literal") (param v128) (result v128)
    (i8x16.swizzle (local.get 0) (v128.const i8x16 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11)))

  ;; CHECK-LABEL: w{{[0-9]+}}.interleave:
  ;; CHECK: punpcklbw
  ;; CHECK-NEXT: ret
  (func $interleave (export "interleave") (param v128 v128) (result v128)
    (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get 0) (local.get 1)))

  ;; CHECK-LABEL: w{{[0-9]+}}.bitmask:
  ;; CHECK: pmovmskb
  ;; CHECK-NEXT: ret
  (func $bitmask (export "bitmask") (param v128) (result i32) (i8x16.bitmask (local.get 0)))

  ;; CHECK-LABEL: w{{[0-9]+}}.any_true:
  ;; CHECK: ptest
  ;; CHECK-NEXT: setne
  ;; CHECK-NEXT: ret
  (func $any_true (export "any_true") (param v128) (result i32) (v128.any_true (local.get 0)))

  ;; A v128 of doubles does not hide the comparison from the select (Vector.cpp).
  ;; CHECK-LABEL: w{{[0-9]+}}.pmin:
  ;; CHECK: minpd
  ;; CHECK-NOT: blend
  ;; CHECK: ret
  (func $pmin (export "pmin") (param v128 v128) (result v128)
    (f64x2.pmin (local.get 0) (local.get 1)))

  ;; CHECK-LABEL: w{{[0-9]+}}.min:
  ;; V2-COUNT-2: minps
  ;; V2: orps
  ;; V2: cmpunordps
  ;; V2: blendvps
  ;; V3-COUNT-2: vminps
  ;; V3: vorps
  ;; V3: vcmpunordps
  ;; V3: vblendvps
  ;; V4: vrangeps
  ;; V4: vcmpunordps
  ;; V4-NEXT: vbroadcastss {{.*}}{%k1}
  ;; CHECK: ret
  (func $min (export "min") (param v128 v128) (result v128)
    (f32x4.min (local.get 0) (local.get 1)))

  ;; CHECK-LABEL: w{{[0-9]+}}.clamp:
  ;; CHECK-NOT: cmpunord
  ;; CHECK: maxps
  ;; CHECK: minps
  ;; CHECK: ret
  (func $clamp (export "clamp") (param v128) (result v128)
    (f32x4.min (f32x4.max (local.get 0) (v128.const f32x4 1 1 1 1)) (v128.const f32x4 9 9 9 9)))

  ;; CHECK-LABEL: w{{[0-9]+}}.to_signed:
  ;; CHECK: cvttps2dq
  ;; CHECK-NOT: cvttps2dq
  ;; CHECK: ret
  (func $to_signed (export "to_signed") (param v128) (result v128)
    (i32x4.trunc_sat_f32x4_s (local.get 0)))

  ;; CHECK-LABEL: w{{[0-9]+}}.to_unsigned:
  ;; V2-COUNT-2: cvttps2dq
  ;; V3-COUNT-2: vcvttps2dq
  ;; V4: vmaxps
  ;; V4-NEXT: vcvttps2udq
  ;; V4-NEXT: ret
  ;; CHECK: {{ret|w[0-9]+\.}}
  (func $to_unsigned (export "to_unsigned") (param v128) (result v128)
    (i32x4.trunc_sat_f32x4_u (local.get 0)))

  ;; Accesses take the address as scalar ones do, and become operands.
  ;; CHECK-LABEL: w{{[0-9]+}}.load_extended:
  ;; CHECK: pmovzxbw moat_memory0+4({{.*}}), %xmm0
  (func $load_extended (export "load_extended") (param i32) (result v128)
    (v128.load8x8_u offset=4 (local.get 0)))

  ;; CHECK-LABEL: w{{[0-9]+}}.multiply_add:
  ;; V2: mulps
  ;; V2: addps
  ;; V3: vfmadd
  ;; V4: vfmadd
  (func $multiply_add (export "multiply_add") (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))

  ;; CHECK-LABEL: w{{[0-9]+}}.select:
  ;; V2: blendvps
  ;; V3: vblendvps
  ;; V4: vpternlog
  (func $select (export "select") (param v128 v128 v128) (result v128)
    (i32x4.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))

  ;; CHECK-LABEL: w{{[0-9]+}}.relaxed_swizzle:
  ;; CHECK-NOT: paddusb
  ;; CHECK: pshufb
  (func $relaxed_swizzle (export "relaxed_swizzle") (param v128 v128) (result v128)
    (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))
