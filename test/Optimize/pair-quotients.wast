;;; A loop with one division is unrolled by two at -O2, and both are done at once; not one whose
;;; division waits for that of the turn before (compiler/Optimize/Reroll.cpp, Pair.cpp). The sums
;;; are those of the turns in order, also where their number is odd.
;; RUN: split-file %s %t && cat %t/sums.wat %t/values.wast > %t/all.wast
;; RUN: wat2wasm %t/sums.wat -o %t/sums.wasm
;; RUN: moat %t/sums.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: wast2json %t/all.wast -o %t/all.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t/all.json

;--- sums.wat
(module
  (type $sum (func (param i32) (result f64)))
  (memory 1)
  (table funcref (elem $harmonic $continued))
  (func (export "_start")
    (drop (call_indirect (type $sum) (i32.load (i32.const 0)) (i32.load (i32.const 4)))))
  (func $harmonic (export "harmonic") (type $sum) (param $turns i32) (result f64) (local $i i32) (local $sum f64)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $sum (f64.add (local.get $sum)
        (f64.mul (f64.const 3) (f64.div (f64.const 1) (f64.convert_i32_u (local.get $i))))))
      (br_if $next (i32.ne (local.get $i) (local.get $turns))))
    (local.get $sum))
  ;; CHECK-LABEL: define {{.*}}double @w1(
  ;; CHECK: fdiv <2 x double>
  ;; CHECK-NOT: alloca
  ;; CHECK-NOT: fdiv <2

  (func $continued (export "continued") (type $sum) (param $turns i32) (result f64) (local $i i32) (local $sum f64)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (local.set $sum (f64.div (f64.const 1) (f64.add (f64.const 1) (local.get $sum))))
      (br_if $next (i32.ne (local.get $i) (local.get $turns))))
    (local.get $sum)))
  ;; CHECK-LABEL: define {{.*}}double @w2(
  ;; CHECK: fdiv double
  ;; CHECK-NOT: fdiv
  ;; CHECK: }

;--- values.wast
(assert_return (invoke "harmonic" (i32.const 1)) (f64.const 0x1.8000000000000p+1))
(assert_return (invoke "harmonic" (i32.const 2)) (f64.const 0x1.2000000000000p+2))
(assert_return (invoke "harmonic" (i32.const 3)) (f64.const 0x1.6000000000000p+2))
(assert_return (invoke "harmonic" (i32.const 4)) (f64.const 0x1.9000000000000p+2))
(assert_return (invoke "harmonic" (i32.const 1000)) (f64.const 0x1.674d77477ac9cp+4))
(assert_return (invoke "harmonic" (i32.const 1001)) (f64.const 0x1.6759bddd5884bp+4))
(assert_return (invoke "continued" (i32.const 1)) (f64.const 0x1.0000000000000p+0))
(assert_return (invoke "continued" (i32.const 2)) (f64.const 0x1.0000000000000p-1))
(assert_return (invoke "continued" (i32.const 7)) (f64.const 0x1.3cf3cf3cf3cf4p-1))
