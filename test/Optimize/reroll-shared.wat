;;; Loops over memory that other threads change, or whose accesses are kept for their traps, stay unrolled.
;; RUN: wat2wasm --enable-threads %s -o %t.wasm
;; RUN: moat %t.wasm --feature=+threads -O2 --emit=llvm-opt -o - | FileCheck %s --implicit-check-not=moat.rolled
;; RUN: moat %t.wasm --feature=+threads -O2 --strict-traps --emit=llvm-opt -o - | FileCheck %s --implicit-check-not=moat.rolled
(module
  (type $function (func (param i32 i32) (result i32)))
  (memory 1 2 shared)
  (table funcref (elem $fill))
  (func $fill (type $function)
    (loop $next
      (i32.store (local.get 0) (i32.const 7))
      (i32.store offset=4 (local.get 0) (i32.const 7))
      (local.set 0 (i32.add (local.get 0) (i32.const 8)))
      (br_if $next (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (i32.const 0))
  (func (export "_start")
    (drop (call_indirect (type $function)
      (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.load (i32.const 8))))))
;; CHECK: define
