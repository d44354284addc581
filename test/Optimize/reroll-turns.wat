;;; A loop whose number of turns is known at run time only is rolled back, and becomes one of vectors at
;;; -O2, too: its last turn's number, (n | 3) - 4 here, stands in front of it, where LLVM sees that it is
;;; always the same (compiler/Optimize/TripCount.h, CountInFrontPass). So is one whose producer did the
;;; turns that are left first, and counts down in steps of 4 until it meets 0: it does because the test in
;;; front says so (TripCount.cpp, countSteps).
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --emit=llvm-opt -o - | FileCheck %s
;; CHECK-DAG: add <2 x i64>
;; CHECK-DAG: xor <16 x i8>
(module
  (memory 1)
  (func (export "_start") (local $n i32) (local $at i32) (local $i i32) (local $sum i64)
    (local.set $n (i32.load (i32.const 0)))
    (local.set $at (i32.load (i32.const 4)))
    (block $few
      (br_if $few (i32.lt_s (local.get $n) (i32.const 1)))
      (br_if $few (i32.lt_u (local.get $n) (i32.const 4)))
      (loop $next
        (local.set $sum
          (i64.add (i64.load offset=24 (local.get $at))
            (i64.add (i64.load offset=16 (local.get $at))
              (i64.add (i64.load offset=8 (local.get $at))
                (i64.add (i64.load (local.get $at)) (local.get $sum))))))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (br_if $next
          (i32.ne (i32.and (local.get $n) (i32.const 0x7ffffffc))
            (local.tee $i (i32.add (local.get $i) (i32.const 4)))))))
    (i64.store (i32.const 8) (local.get $sum))

    (local.set $n (i32.load (i32.const 0)))
    (local.set $at (i32.load (i32.const 4)))
    (block $none
      (br_if $none (i32.eqz (local.get $n)))
      (if (local.tee $i (i32.and (local.get $n) (i32.const 3)))
        (then
          (loop $next
            (i32.store8 (local.get $at) (i32.xor (i32.load8_u (local.get $at)) (i32.const 85)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
          (local.set $n (i32.and (local.get $n) (i32.const -4)))))
      (br_if $none (i32.eqz (local.get $n)))
      (loop $next
        (i32.store8 (local.get $at) (i32.xor (i32.load8_u (local.get $at)) (i32.const 85)))
        (i32.store8 offset=1 (local.get $at)
          (i32.xor (i32.load8_u offset=1 (local.get $at)) (i32.const 85)))
        (i32.store8 offset=2 (local.get $at)
          (i32.xor (i32.load8_u offset=2 (local.get $at)) (i32.const 85)))
        (i32.store8 offset=3 (local.get $at)
          (i32.xor (i32.load8_u offset=3 (local.get $at)) (i32.const 85)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 4))))))))
