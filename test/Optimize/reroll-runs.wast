;;; Rolled loops compute what the unrolled ones did, and trap where they did.
;; RUN: wast2json %s -o %t.json
;; RUN: moat-spec --model=both -O0 -O2 -O3 %t.json
(module
  (memory 1)
  (func (export "fill") (param $turns i32) (local $at i32)
    (loop $next
      (i32.store (local.get $at) (local.get $at))
      (i32.store (i32.add (local.get $at) (i32.const 4)) (i32.add (local.get $at) (i32.const 4)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))
  (func $load (export "load") (param i32) (result i32) (i32.load (local.get 0)))

  ;; Three copies with a sum and a largest; the pointer behind the loop.
  (func (export "sum") (param $at i32) (param $turns i32) (result i32 i32 i32)
    (local $sum i32) (local $most i32) (local $value i32)
    (loop $next
      (local.set $value (i32.load (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (local.set $most (select (local.get $value) (local.get $most)
        (i32.gt_s (local.get $value) (local.get $most))))
      (local.set $value (i32.load offset=4 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (local.set $most (select (local.get $value) (local.get $most)
        (i32.gt_s (local.get $value) (local.get $most))))
      (local.set $value (i32.load offset=8 (local.get $at)))
      (local.set $sum (i32.add (local.get $sum) (local.get $value)))
      (local.set $most (select (local.get $value) (local.get $most)
        (i32.gt_s (local.get $value) (local.get $most))))
      (local.set $at (i32.add (local.get $at) (i32.const 12)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (local.get $sum) (local.get $most) (local.get $at))

  ;; Each element is the sum of the two before it: copies read what copies wrote.
  (func (export "fibonacci") (param $turns i32) (local $at i32)
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (i32.const 1))
    (loop $next
      (i32.store offset=8 (local.get $at)
        (i32.add (i32.load (local.get $at)) (i32.load offset=4 (local.get $at))))
      (i32.store offset=12 (local.get $at)
        (i32.add (i32.load offset=4 (local.get $at)) (i32.load offset=8 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))

  ;; From an address below 2^32 on, with offsets that do not wrap but pointers that do.
  (func (export "high") (param $at i32) (param $turns i32)
    (loop $next
      (i32.store (local.get $at) (i32.const 7))
      (i32.store offset=4 (local.get $at) (i32.const 7))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1))))))

  ;; Two values that change places from copy to copy.
  (func (export "rotate") (param $turns i32) (result i64)
    (local $at i32) (local $x f64) (local $y f64) (local $z f64)
    (loop $next
      (local.set $z (local.get $y))
      (local.set $y (local.get $x))
      (local.set $x (f64.add (local.get $z) (f64.load (local.get $at))))
      (local.set $z (local.get $y))
      (local.set $y (local.get $x))
      (local.set $x (f64.add (local.get $z) (f64.load offset=8 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i64.xor (i64.reinterpret_f64 (local.get $x)) (i64.reinterpret_f64 (local.get $y)))))

(assert_return (invoke "fill" (i32.const 1000)))
(assert_return (invoke "load" (i32.const 7996)) (i32.const 7996))
(assert_return (invoke "load" (i32.const 8000)) (i32.const 0))
(assert_return (invoke "sum" (i32.const 0) (i32.const 1))
  (i32.const 12) (i32.const 8) (i32.const 12))
(assert_return (invoke "sum" (i32.const 8) (i32.const 100))
  (i32.const 181800) (i32.const 1204) (i32.const 1208))
(assert_trap (invoke "fill" (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "fibonacci" (i32.const 20)))
(assert_return (invoke "load" (i32.const 160)) (i32.const 102334155))
(assert_trap (invoke "high" (i32.const -8) (i32.const 4)) "out of bounds memory access")
(assert_trap (invoke "high" (i32.const -4) (i32.const 4)) "out of bounds memory access")
(assert_return (invoke "fill" (i32.const 1000)))
(assert_return (invoke "rotate" (i32.const 3)) (i64.const 0x6800000078))
(assert_trap (invoke "rotate" (i32.const 0)) "out of bounds memory access")
