;;; Neighbouring floating point numbers become vectors at -O2 where a loop stores them, and
;;; quotients where it divides more than once; integers stay as they are. What stands behind the
;;; loop has no say (compiler/Optimize/Pair.cpp).
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
(module
  (type $function (func (param i32 i32) (result f64)))
  (memory 1)
  (table funcref (elem $fields $integers $quotients))
  (func (export "_start")
    (drop (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8)))))

  ;; The sum in order is what the loop vectorizer leaves alone.
  (func $fields (type $function) (param $point i32) (param $turns i32) (result f64)
    (local $sum f64)
    (loop $again
      (local.set $sum (f64.add (local.get $sum) (f64.load (local.get $point))))
      (f64.store (local.get $point)
        (f64.mul (f64.load (local.get $point)) (local.get $sum)))
      (f64.store offset=8 (local.get $point)
        (f64.mul (f64.load offset=8 (local.get $point)) (local.get $sum)))
      (local.set $point (i32.add (local.get $point) (i32.const 24)))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (local.get $sum))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK: fmul <2 x double>
  ;; CHECK: store <2 x double>
  ;; CHECK: br i1

  (func $integers (type $function) (param $point i32) (param $turns i32) (result f64)
    (local $sum i64)
    (loop $again
      (local.set $sum (i64.rotl (local.get $sum) (i64.load (local.get $point))))
      (i64.store (local.get $point)
        (i64.add (i64.load (local.get $point)) (local.get $sum)))
      (i64.store offset=8 (local.get $point)
        (i64.add (i64.load offset=8 (local.get $point)) (local.get $sum)))
      (local.set $point (i32.add (local.get $point) (i32.const 24)))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (f64.reinterpret_i64 (local.get $sum)))
  ;; CHECK-LABEL: define {{.*}} @w2(
  ;; CHECK-NOT: <2 x
  ;; CHECK: ret double

  (func $quotients (type $function) (param $point i32) (param $turns i32) (result f64)
    (local $sum f64)
    (loop $again
      (local.set $sum (f64.add (local.get $sum)
        (f64.div (f64.load (local.get $point)) (f64.load offset=16 (local.get $point)))))
      (local.set $sum (f64.add (local.get $sum)
        (f64.div (f64.load offset=8 (local.get $point))
                 (f64.load offset=24 (local.get $point)))))
      (local.set $point (i32.add (local.get $point) (i32.const 56)))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (local.get $sum)))
  ;; CHECK-LABEL: define {{.*}} @w3(
  ;; CHECK: fdiv <2 x double>
