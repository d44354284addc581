;;; A loop whose only exit is between two copies of its body is turned, so that it can be rolled.
;;; compiler/README.md, "Why are loops rolled back?"
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s
;; RUN: moat %t.wasm -O3 --mcpu=x86-64-v3 --emit=llvm-opt -o - | FileCheck %s
(module
  (type $function (func (param i32) (result i32)))
  (memory 1)
  (table funcref (elem $differences $different $more $most))
  ;; 599 turns by two. The second copy takes an address from the first.
  (func $differences (type $function) (local $at i32) (local $from i32) (local $kept i32)
    (local.set $at (i32.const -4784))
    (block $end
      (loop $next
        (local.set $from (i32.add (local.get 0) (local.get $at)))
        (f64.store offset=16384 (local.get $from)
          (f64.sub
            (f64.load (local.tee $kept (i32.add (local.get $from) (i32.const 8))))
            (f64.load (local.get $from))))
        (br_if $end (i32.eqz (local.get $at)))
        (f64.store offset=16392 (local.get $from)
          (f64.sub
            (f64.load (i32.add (local.get $from) (i32.const 16)))
            (f64.load (local.get $kept))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w0(
  ;; CHECK: fsub <4 x double>
  ;; CHECK: store <4 x double>

  ;; What is behind the exit is something else.
  (func $different (type $function) (local $at i32)
    (block $end
      (loop $next
        (f64.store offset=16384 (local.get $at) (f64.load (local.get $at)))
        (br_if $end (i32.eq (local.get $at) (i32.const 4800)))
        (f64.store offset=16392 (local.get $at) (f64.add (f64.load (local.get $at)) (f64.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (i32.const 0))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK-NOT: x double>

  ;; What is one of four is not called by its name.
  (func $more (type $function) (i32.add (local.get 0) (i32.const 1)))
  (func $most (type $function) (i32.add (local.get 0) (i32.const 2)))
  (func (export "_start")
    (drop (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)))))
)
