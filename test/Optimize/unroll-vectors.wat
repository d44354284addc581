;;; A small loop that became vectors is unrolled by two at -O2 (compiler/README.md, "Why are loops
;;; rolled back?"); a large one, and one that did not become vectors, are left alone.
;; RUN: wat2wasm %s -o %t.wasm
;; RUN: moat %t.wasm -O2 --emit=llvm-opt -o - | FileCheck %s
(module
  (memory 4)
  (func (export "_start") (local $i i32) (local $factor f32)
    (local.set $factor (f32.load (i32.const 0)))
    (loop $next
      (f32.store offset=65536 (local.get $i)
        (f32.mul (f32.load offset=131072 (local.get $i)) (local.get $factor)))
      (br_if $next (i32.ne (i32.const 32768)
        (local.tee $i (i32.add (local.get $i) (i32.const 4))))))))
;; CHECK: [[LOOP:[0-9a-z.]+]]: {{.*}}preds = %[[LOOP]]
;; CHECK-COUNT-4: store <4 x float>
;; CHECK-NOT: store
;; CHECK: br i1 {{.*}}label %[[LOOP]]
