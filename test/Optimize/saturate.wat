;;; A saturating conversion in a loop of vectors is one of vectors: LLVM's code generator would convert
;;; one lane after the other (compiler/Optimize/Saturate.cpp).
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s --implicit-check-not='call <{{.*}}fptosi.sat'
;; RUN: moat %t.wasm -O3 --emit=llvm-opt -o - | FileCheck %s --implicit-check-not='call <{{.*}}fptosi.sat'
;; CHECK: fptosi <4 x float>
;; CHECK: select <4 x i1>
(module
  (memory 4)
  (func (export "_start") (local $i i32)
    (loop $next
      (i32.store offset=131072 (local.get $i) (i32.trunc_sat_f32_s (f32.load (local.get $i))))
      (br_if $next
        (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 65536))))))
