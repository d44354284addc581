;;; A loop is vectorized that writes what it may read at another distance from turn to turn: a
;;; comparison in front of it tells whether it does (compiler/Optimize/Apart.cpp).
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s --implicit-check-not=freeze
;; RUN: moat %t.wasm -O3 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s --implicit-check-not=freeze
(module
  (type $function (func (param i32 i32 i32) (result i32)))
  (memory 1)
  (table funcref (elem $grey $scale $turn $column))

  ;; Three bytes of a pixel to one.
  (func $grey (type $function)
    (loop $next
      (i32.store8 (local.get 0)
        (i32.shr_u
          (i32.add
            (i32.mul (i32.load8_u (local.get 1)) (i32.const 77))
            (i32.add
              (i32.mul (i32.load8_u offset=1 (local.get 1)) (i32.const 150))
              (i32.mul (i32.load8_u offset=2 (local.get 1)) (i32.const 29))))
          (i32.const 8)))
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (local.set 1 (i32.add (local.get 1) (i32.const 3)))
      (br_if $next (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w0(
  ;; CHECK: mul {{.*}}<{{[0-9]+}} x i{{16|32}}>

  ;; By a number that stays in memory.
  (func $scale (type $function)
    (loop $next
      (f64.store (local.get 0) (f64.mul (f64.load (local.get 1)) (f64.load (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 8)))
      (br_if $next (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK: fmul <4 x double>

  ;; From the end to the beginning.
  (func $turn (type $function)
    (loop $next
      (f64.store (local.get 0) (f64.load (local.get 1)))
      (local.set 0 (i32.add (local.get 0) (i32.const 8)))
      (local.set 1 (i32.sub (local.get 1) (i32.const 8)))
      (br_if $next (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w2(
  ;; CHECK: store <4 x double>

  ;; Two copies, whose end folding has left inside of the loop.
  (func $column (type $function) (local $at i32)
    (local.set 2 (i32.and (i32.add (local.get 2) (i32.const 1)) (i32.const -2)))
    (loop $next
      (f64.store (local.get 0) (f64.add (f64.load (local.get 0)) (f64.load (local.get 1))))
      (f64.store (i32.add (local.get 0) (i32.const 8))
        (f64.add (f64.load (i32.add (local.get 0) (i32.const 8)))
                 (f64.load (i32.add (local.get 1) (i32.const 4000)))))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 8000)))
      (br_if $next (i32.ne (local.get 2) (local.tee $at (i32.add (local.get $at) (i32.const 2))))))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w3(
  ;; CHECK: fadd <4 x double>

  (func (export "_start")
    (drop (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8))
      (i32.load (i32.const 12))))))
