;;; Vectors of which lanes are read have the bytes that were loaded, however many that are, and trap
;;; where one of those is past the memory; under --strict-traps for any of the others, too.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t.json
;; RUN: moat-spec --model=both -O2 --strict-traps %t.json
;; RUN: moat-spec --model=both -O2 --bounds=checked %t.json
(module
  (memory 1)
  (func (export "fill") (local $at i32)
    (loop $next
      (i32.store8 (local.get $at) (i32.mul (local.get $at) (i32.const 7)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 65536)))))
  (func (export "sum") (param i32 i32) (result v128) (local $sum v128)
    (loop $next
      (local.set $sum (i32x4.add (local.get $sum)
        (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load (local.get 0))))))
      (local.set $sum (i32x4.add (local.get $sum)
        (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
          (v128.load32_zero offset=4 (local.get 0))))))
      (local.set $sum (i32x4.add (local.get $sum)
        (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
          (v128.load64_zero offset=8 (local.get 0))))))
      (local.set $sum (i32x4.add (local.get $sum)
        (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
          (v128.load32_zero offset=12 (local.get 0))))))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (br_if $next (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (local.get $sum))
  ;; Lanes out of order, and two shuffles of one load.
  (func (export "mixed") (param i32) (result v128) (local $bytes v128)
    (local.set $bytes (v128.load (local.get 0)))
    (i8x16.add
      (i8x16.shuffle 3 2 1 0 3 2 1 0 16 16 16 16 16 16 16 5
        (local.get $bytes) (v128.const i64x2 0 0))
      (i8x16.shuffle 6 6 6 6 0 0 0 0 1 1 1 1 16 16 16 16
        (local.get $bytes) (v128.const i64x2 0 0)))))
(invoke "fill")
(assert_return (invoke "sum" (i32.const 0) (i32.const 1)) (v128.const i32x4 168 196 224 252))
(assert_return (invoke "sum" (i32.const 4096) (i32.const 16)) (v128.const i32x4 8064 8256 8192 8128))
(assert_return (invoke "sum" (i32.const 65296) (i32.const 15)) (v128.const i32x4 7896 8060 7968 7876))
(assert_trap (invoke "sum" (i32.const 65296) (i32.const 16)) "out of bounds memory access")
(assert_trap (invoke "sum" (i32.const 65521) (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "mixed" (i32.const 8)) (v128.const i8x16 175 168 161 154 133 126 119 112 63 63 63 63 0 0 0 91))
