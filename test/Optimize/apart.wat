;;; Arrays that a loop steps through by different steps are tested for overlap in front of it, as natively,
;;; though all of guest memory is one object to LLVM: it becomes a loop of vectors
;;; (compiler/Optimize/Apart.cpp). Nothing is left of the second base.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --mcpu=x86-64-v3 --emit=llvm-opt -o - \
;; RUN:   | FileCheck %s --implicit-check-not=moat.apart --implicit-check-not='freeze ptr'
;; RUN: moat %t.wasm -O3 --mcpu=x86-64-v3 --emit=llvm-opt -o - \
;; RUN:   | FileCheck %s --implicit-check-not=moat.apart --implicit-check-not='freeze ptr'
(module
  (type $function (func (param i32 i32 i32)))
  (memory 1)
  (table funcref (elem $pairs $backwards))
  (func (export "_start")
    (call_indirect (type $function) (i32.load (i32.const 0)) (i32.load (i32.const 4))
      (i32.load (i32.const 8)) (i32.load (i32.const 12))))

  ;; to[i] = from[2 * i] + from[2 * i + 1]
  (func $pairs (type $function)
    (loop $next
      (i32.store (local.get 0)
        (i32.add (i32.load (local.get 1)) (i32.load offset=4 (local.get 1))))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (local.set 1 (i32.add (local.get 1) (i32.const 8)))
      (br_if $next (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w1(
  ;; CHECK: add <8 x i32>
  ;; CHECK: store <8 x i32>

  ;; to[i] = ~from[-i]
  (func $backwards (type $function)
    (loop $next
      (i32.store (local.get 0) (i32.xor (i32.load (local.get 1)) (i32.const -1)))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (local.set 1 (i32.sub (local.get 1) (i32.const 4)))
      (br_if $next (local.tee 2 (i32.sub (local.get 2) (i32.const 1))))))
  ;; CHECK-LABEL: define {{.*}} @w2(
  ;; CHECK: xor <8 x i32>
  ;; CHECK: store <8 x i32>
)
